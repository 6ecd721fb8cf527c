import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs';

/**
 * Creates a topic and returns when its partitions have leaders. kafkajs can wait for them, too, but gives up when a
 * broker that has just started does not know the topic yet.
 */
export async function createAndWait(admin: Admin, topic: ITopicConfig): Promise<boolean> {
  const isNew = await admin.createTopics({ topics: [topic], waitForLeaders: false });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic.topic] });
      const partitions = topics[0]?.partitions ?? [];
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return isNew;
    } catch (error) {
      if (attempt === 100) throw error;
    }
    if (attempt === 100) throw new Error(`${topic.topic} has no leaders`);
    await delay(50);
  }
}

/** The same for a suite whose client cannot create topics. */
export async function createTopic(bootstrap: string, topic: string, numPartitions: number): Promise<void> {
  const kafka = new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    retry: { retries: 1 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await createAndWait(admin, { topic, numPartitions });
  } finally {
    await admin.disconnect();
  }
}
