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
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) {
        // Kafka's metadata names a leader a moment before that leader serves the partition. kafkajs then sends to all
        // partitions of the broker again, and a suite would count records twice.
        await admin.fetchTopicOffsets(topic.topic);
        return isNew;
      }
    } catch (error) {
      if (attempt === 100) throw error;
    }
    if (attempt === 100) throw new Error(`${topic.topic} has no leaders`);
    await delay(50);
  }
}

/** The same for a suite whose client cannot create topics. */
export function createTopic(bootstrap: string, topic: string, numPartitions: number): Promise<void> {
  return withAdmin(bootstrap, async (admin) => {
    await createAndWait(admin, { topic, numPartitions });
  });
}

/** Returns when the group has `members` members and all of them know what they own. */
export function untilStable(bootstrap: string, groupId: string, members: number): Promise<void> {
  return withAdmin(bootstrap, async (admin) => {
    for (let attempt = 0; ; attempt += 1) {
      const [group] = (await admin.describeGroups([groupId])).groups;
      if (group?.state === 'Stable' && group.members.length === members) return;
      if (attempt === 300)
        throw new Error(`${groupId} is ${group?.state} with ${group?.members.length} members`);
      await delay(100);
    }
  });
}

async function withAdmin(bootstrap: string, body: (admin: Admin) => Promise<void>): Promise<void> {
  const kafka = new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    retry: { retries: 1 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await body(admin);
  } finally {
    await admin.disconnect();
  }
}
