/** A data directory with a topic of clients and the internal topics, as a store leaves it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  encodeControlKey,
  encodeEndTxnMarker,
  encodeGroupRecord,
  encodeMetadataRecord,
  encodeShareStateRecord,
  encodeTransactionRecord,
} from '../../../protocol';
import { bootstrapMembership, encodeMembership } from '../../../raft';
import { METADATA_TOPIC_ID } from '../../../src/metadata/topic-names';
import { encodeLogStart } from '../../../src/partition/recovery';
import {
  type BatchShape,
  buildBatch,
  EntryKind,
  encodeProducerExpiry,
  type LogStore,
  type StoredLog,
} from '../../../storage';
import { closeStore, LOG_CONFIG, memoryDisk, openStore, payloadEntry } from '../../storage/store-fixture';

export const ORDERS = '5084206b-e6d7-4e9b-8046-b9a771e52701';

interface Pair {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

function appendBatch(log: StoredLog, pairs: readonly Pair[], shape: BatchShape = {}): void {
  const records = pairs.map((pair, at) => ({
    ...pair,
    timestamp: 1_000 + at,
    headers: at === 0 && pair.key?.toString() === 'k1' ? [{ key: 'source', value: Buffer.from('shop') }] : [],
  }));
  const bytes = buildBatch({ ...shape, records, baseOffset: log.endOffset, leaderEpoch: 1 });
  log.append([
    {
      index: log.lastIndex + 1,
      term: 1,
      kind: EntryKind.batch,
      baseOffset: log.endOffset,
      nextOffset: log.endOffset + pairs.length,
      maxTimestamp: 1_000 + pairs.length - 1,
      bytes,
    },
  ]);
}

const pair = (key: string | null, value: string | null): Pair => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
});

const topic = (name: string, topicId: string): Pair => ({
  key: null,
  value: encodeMetadataRecord('TopicRecord', { name, topicId }, 0),
});

function fill(store: LogStore): void {
  const made = (topicId: string): StoredLog => store.create({ topicId, partition: 0 }, LOG_CONFIG);
  const ids = ['11111111-0000-4000-8000-000000000000', '22222222-0000-4000-8000-000000000000'];
  const shareId = '33333333-0000-4000-8000-000000000000';
  const metadata = made(METADATA_TOPIC_ID);
  const voter = { nodeId: 1, incarnation: 'one' };
  const membership = Buffer.from(encodeMembership(bootstrapMembership([voter])));
  metadata.append([payloadEntry(metadata, EntryKind.membership, membership)]);
  appendBatch(metadata, [
    topic('orders', ORDERS),
    topic('__consumer_offsets', ids[0]!),
    topic('__transaction_state', ids[1]!),
    topic('__share_group_state', shareId),
    pair(null, 'no record'),
  ]);
  const orders = made(ORDERS);
  appendBatch(orders, [pair('k1', 'v1'), pair('k2', null)], { compression: 4 });
  appendBatch(orders, [pair(null, 'in a transaction')], {
    producerId: 5,
    producerEpoch: 2,
    baseSequence: 7,
    isTransactional: true,
  });
  const marker = { key: encodeControlKey(1), value: encodeEndTxnMarker({ coordinatorEpoch: 3 }) };
  appendBatch(orders, [marker], { producerId: 5, producerEpoch: 2, isTransactional: true, isControl: true });
  appendBatch(orders, [{ key: Buffer.from([0xff, 0]), value: Buffer.from([0xfe]) }], {
    logAppendTimeMs: 1_000,
  });
  orders.append([payloadEntry(orders, EntryKind.logStart, encodeLogStart(1))]);
  orders.append([payloadEntry(orders, EntryKind.producerExpiry, encodeProducerExpiry(900))]);
  orders.append([payloadEntry(orders, EntryKind.noop, Buffer.alloc(0))]);
  const offset = { offset: 3, leaderEpoch: 1, metadata: 'm', commitTimestamp: 1_000 };
  appendBatch(made(ids[0]!), [
    encodeGroupRecord('OffsetCommit', { group: 'shipping', topic: 'orders', partition: 0 }, offset),
    encodeGroupRecord('GroupMetadata', { group: 'shipping' }, null),
  ]);
  appendBatch(made(ids[1]!), [encodeTransactionRecord('TransactionLog', { transactionalId: 'tx' }, null)]);
  const share = { groupId: 'readers', topicId: ORDERS, partition: 0 };
  appendBatch(made(shareId), [encodeShareStateRecord('ShareSnapshot', share, null)]);
}

/** Makes `directory`; the store was closed in order. */
export function makeDirectory(directory: string): void {
  const { disk, queue } = memoryDisk();
  const { store } = openStore(disk, queue);
  fill(store);
  store.flush();
  queue.pass(20);
  closeStore(store, queue);
  for (const file of disk.paths()) {
    const target = path.join(directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, disk.contents(file)!);
  }
}
