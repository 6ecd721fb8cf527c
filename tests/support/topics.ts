/** The few things that most handler tests begin with: a topic, a batch, a produce, a fetch. */
import {
  CreateTopicsRequest,
  CreateTopicsResponse,
  FetchRequest,
  FetchResponse,
  ProduceRequest,
  ProduceResponse,
  type ValueOf,
} from '../../protocol';
import { type BatchShape, buildBatch, type NewRecord } from '../../storage/record-build';
import { recordsOf } from '../../storage/records';
import type { SimulatedBroker } from './simulated-broker';

/** Within what a simulated broker takes: its clock starts at 2026-01-01. */
export const someTimeMs = 1_767_225_600_000;

/** `'a'` is a record with value a; `'k=a'` has key k. Timestamps go up by one from `someTimeMs`. */
export function batch(texts: readonly (string | Partial<NewRecord>)[], shape: BatchShape = {}): Buffer {
  const records = texts.map((text, at): NewRecord => {
    const timestamp = someTimeMs + at;
    if (typeof text !== 'string') return { timestamp, key: null, value: null, ...text };
    const equals = text.indexOf('=');
    const key = equals < 0 ? null : Buffer.from(text.slice(0, equals));
    return { timestamp, key, value: Buffer.from(text.slice(equals + 1)) };
  });
  return buildBatch({ records, ...shape });
}

/** `offset:value` of every record. */
export function texts(records: Buffer | null): string[] {
  const found: string[] = [];
  for (let at = 0; records !== null && at < records.length; at += 12 + records.readInt32BE(at + 8)) {
    for (const { offset, value } of recordsOf(records, at))
      found.push(`${offset}:${value?.toString() ?? 'null'}`);
  }
  return found;
}

export async function createTopic(
  broker: SimulatedBroker,
  name: string,
  options: { readonly partitions?: number; readonly configs?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value }));
  const topic = {
    name,
    numPartitions: options.partitions ?? 1,
    replicationFactor: 1,
    assignments: [],
    configs,
  };
  const { topics } = await broker.ask(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [topic] });
  const created = topics[0]!;
  if (created.errorCode !== 0) throw new Error(`${name}: ${created.errorCode} ${created.errorMessage}`);
  return created.topicId;
}

export type Produced = ValueOf<typeof ProduceResponse>['responses'][number]['partitionResponses'][number];

export async function produceTo(
  broker: SimulatedBroker,
  topic: string,
  records: Buffer | null,
  options: { readonly version?: number; readonly acks?: number; readonly partition?: number } = {},
): Promise<Produced> {
  const answer = await broker.ask(ProduceRequest, ProduceResponse, options.version ?? 12, {
    acks: options.acks ?? -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: options.partition ?? 0, records }] }],
  });
  return answer.responses[0]!.partitionResponses[0]!;
}

export type Fetched = ValueOf<typeof FetchResponse>['responses'][number]['partitions'][number];

export async function fetchFrom(
  broker: SimulatedBroker,
  topic: string,
  fetchOffset: number | bigint,
  options: {
    readonly version?: number;
    readonly partition?: number;
    readonly maxBytes?: number;
    readonly partitionMaxBytes?: number;
    readonly maxWaitMs?: number;
    readonly minBytes?: number;
    readonly currentLeaderEpoch?: number;
    readonly lastFetchedEpoch?: number;
    readonly isolationLevel?: number;
  } = {},
): Promise<Fetched> {
  const { version = 12, partition = 0, partitionMaxBytes = 1_000_000 } = options;
  const answer = await broker.ask(FetchRequest, FetchResponse, version, {
    maxWaitMs: options.maxWaitMs ?? 0,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 10_000_000,
    isolationLevel: options.isolationLevel ?? 0,
    topics: [
      {
        topic,
        partitions: [
          {
            partition,
            fetchOffset,
            partitionMaxBytes,
            currentLeaderEpoch: options.currentLeaderEpoch,
            lastFetchedEpoch: options.lastFetchedEpoch,
          },
        ],
      },
    ],
  });
  return answer.responses[0]!.partitions[0]!;
}
