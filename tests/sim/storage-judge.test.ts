import type { Compaction } from '../../storage/compaction';
import type { Log } from '../../storage/log';
import { buildBatch, type NewRecord } from '../../storage/record-build';
import { type CompactionRequest, EntryKind, type LogEntry, type StoredLog } from '../../storage/types';
import { memoryDisk, openStore, type Queue, TOPIC } from '../storage/store-fixture';
import { ask, expectedBatches, fitting, judgeEntries, judgeRead, type ReadRequest } from './storage-judge';
import { ModelLog } from './storage-model';

/** A log whose segments hold one batch each, of `k=v` words, and the model of it. */
class Bench {
  readonly #queue: Queue;
  readonly #store: ReturnType<typeof openStore>['store'];
  readonly log: StoredLog;
  readonly model: ModelLog;

  constructor(segments: readonly string[]) {
    const { disk, queue } = memoryDisk();
    this.#queue = queue;
    this.#store = openStore(disk, queue, {
      snapshotState: (log) => ({ index: log.lastIndex, bytes: Buffer.from(`state at ${log.lastIndex}`) }),
    }).store;
    const key = { topicId: TOPIC, partition: 0 };
    this.log = this.#store.create(key, { segmentSizeBytesMax: 1 << 20, segmentAgeMsMax: 1e12 });
    this.model = new ModelLog(key, 1);
    this.model.isCompacted = true;
    for (const text of segments) this.#append(text);
  }

  #append(text: string): void {
    const { lastIndex, endOffset } = this.log;
    const words = text.split(' ');
    const records = words.map((word, number): NewRecord => {
      const [key, value] = word.split('=');
      return { timestamp: 1000 + number, key: Buffer.from(key!), value: Buffer.from(value!) };
    });
    const entry: LogEntry = {
      index: lastIndex + 1,
      term: 1,
      kind: EntryKind.batch,
      baseOffset: endOffset,
      nextOffset: endOffset + words.length,
      maxTimestamp: 999 + words.length,
      bytes: buildBatch({ records, baseOffset: endOffset, leaderEpoch: 1 }),
    };
    this.log.append([entry]);
    this.model.append(entry.index, entry);
    this.log.roll();
    this.#store.flush();
    this.#queue.settle();
  }

  /** One round, millisecond by millisecond; each segment is a group of its own. */
  compact(endOffset: number, eachMs: () => void = () => {}): void {
    const { log, model } = this;
    const request: CompactionRequest = {
      firstDirtyOffset: log.cleanedOffset,
      endOffset,
      nowMs: 5000,
      deleteRetentionMs: 100,
      aborted: [],
      lastOfProducers: new Map(),
      isStateNew: false,
      segmentSizeBytesMax: 1,
      limits: { mapSizeBytesMax: 1 << 20, mapLoadMax: 0.9, readSizeBytes: 4096, bytesPerSecondMax: 50_000 },
    };
    const before = model.content.view(model, log);
    let isOver = false;
    log.compact(request, (error) => {
      if (error !== null) throw error;
      isOver = true;
    });
    const job = (log as Log).compaction as Compaction;
    model.content.began({ request, before, job, forgotten: [], after: null });
    for (let count = 0; !isOver && count < 1000; count++) {
      this.#queue.pass(1);
      model.content.watch();
      eachMs();
    }
    expect(isOver).toBe(true);
  }

  entries(): readonly LogEntry[] {
    let answer: readonly LogEntry[] = [];
    this.log.readEntries(1, 1, (error, entries) => {
      if (error !== null) throw error;
      answer = entries;
    });
    this.#queue.settle();
    return answer;
  }

  bytes(request: ReadRequest): Buffer {
    let answer = Buffer.alloc(0);
    this.log.read(request, (error, result) => {
      if (error !== null) throw error;
      answer = Buffer.concat(result.buffers);
      result.release();
    });
    this.#queue.settle();
    return answer;
  }
}

test('an answer may be of an instant between two rounds that both came after its question', () => {
  const bench = new Bench(['a=1 b=1 c=1', 'c=2', 'b=2', 'z=1']);
  const { model, log } = bench;
  const request = { offset: 0, endOffset: 4, sizeBytesMax: 1, atLeastOne: true };
  const asked = ask(model, log);
  bench.compact(4);
  const kept = bench.entries();
  const bytes = bench.bytes(request);
  const result = { buffers: [bytes], sizeBytes: bytes.length, release: () => {} };
  bench.compact(5);
  // Three records, then two, now one: the largest time is that of the last that is left.
  const shown = [asked.view[0]!, ...kept, ...bench.entries()].map(({ maxTimestamp }) => maxTimestamp);
  expect(shown).toEqual([1002, 1001, 1000]);
  judgeEntries(asked, 1, null, kept, false);
  judgeRead(
    asked,
    request,
    fitting(asked, request, expectedBatches(asked, 0, 4), result),
    null,
    result,
    false,
  );

  // Of a question that came later the same answer is too old, and what was never shown is wrong at any time.
  expect(() => judgeEntries(ask(model, log), 1, null, kept, false)).toThrow('entry 1: maxTimestamp 1001');
  const other = [{ ...kept[0]!, maxTimestamp: 1002 }];
  expect(() => judgeEntries(asked, 1, null, other, false)).toThrow('entry 1: ');
});

test('an answer may be of an instant between two segments of one round', () => {
  const bench = new Bench(['a=1 b=1', 'a=2 c=1 d=1', 'b=2 c=2', 'z=1']);
  const { model, log } = bench;
  const asked = ask(model, log);
  let kept: readonly LogEntry[] | null = null;
  bench.compact(7, () => {
    const [first, second] = (log as Log).segments;
    if (first!.isCompacted && !second!.isCompacted) kept ??= bench.entries();
  });
  expect(kept!.map(({ index }) => index)).toEqual([2]);
  expect(kept![0]!.bytes.equals(bench.entries()[0]!.bytes)).toBe(false);
  judgeEntries(asked, 1, null, kept!, false);
  expect(() => judgeEntries(ask(model, log), 1, null, kept!, false)).toThrow('entry 2: ');
});
