/** One member of a group, as an application would write it, with what it saw so far. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, ConsumerRunConfig, EachMessageHandler, Kafka } from 'kafkajs';

export interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
}

export interface Start {
  readonly topics: readonly string[];
  readonly fromBeginning?: boolean;
  readonly config?: Partial<ConsumerConfig>;
  readonly run?: ConsumerRunConfig;
}

export class Member {
  readonly consumer: Consumer;
  readonly seen: Seen[] = [];
  /** Partitions of the last assignment, sorted, over all topics. */
  assigned: readonly string[] = [];
  joins = 0;

  private constructor(kafka: Kafka, groupId: string, config: Partial<ConsumerConfig>) {
    this.consumer = kafka.consumer({
      groupId,
      maxWaitTimeInMs: 200,
      heartbeatInterval: 300,
      sessionTimeout: 10_000,
      ...config,
    });
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      this.joins += 1;
      this.assigned = Object.entries(payload.memberAssignment)
        .flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}-${partition}`))
        .sort();
    });
  }

  /** Resolves once `run` is under way; the first assignment may still be outstanding. */
  static async start(kafka: Kafka, groupId: string, start: Start): Promise<Member> {
    const member = new Member(kafka, groupId, start.config ?? {});
    await member.consumer.connect();
    await member.consumer.subscribe({
      topics: [...start.topics],
      fromBeginning: start.fromBeginning ?? true,
    });
    const record: EachMessageHandler = async ({ topic, partition, message }) => {
      const { offset, key, value } = message;
      member.seen.push({ topic, partition, offset, key: String(key), value: String(value) });
    };
    // Given both handlers, kafkajs would take eachMessage.
    const handler = start.run?.eachBatch === undefined ? { eachMessage: record } : {};
    await member.consumer.run({ ...handler, ...start.run });
    return member;
  }

  values(): readonly string[] {
    return this.seen.map(({ value }) => value);
  }

  /** Leaves the group; what was processed is committed first, as kafkajs does unless told otherwise. */
  stop(): Promise<void> {
    return this.consumer.disconnect();
  }
}

/** Waits until `holds`; rejects with `what` when it does not within `timeoutMs`. */
export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs)
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`);
    await delay(25);
  }
}
