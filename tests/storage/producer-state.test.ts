import {
  baseOffsetOf,
  lastOffsetDeltaOf,
  maxTimestampOf,
  producerIdOf,
  stampBatch,
} from '../../storage/batch';
import type { BatchFacts } from '../../storage/producer-entry';
import { factsOf } from '../../storage/producer-entry';
import {
  decodeProducerExpiry,
  encodeProducerExpiry,
  SnapshotFormatError,
} from '../../storage/producer-snapshot';
import { ProducerState } from '../../storage/producer-state';
import { buildBatch, buildEndMarker } from '../../storage/record-build';
import { describeOracle, oracleLines, sampleLines } from './oracle';

/** One append of a scenario and what Kafka's log answered; the oracle nests the answer in `result`. */
interface Step {
  step: string;
  hex: string;
  transactionVersion?: number;
  code: number;
  firstOffset?: number;
  lastOffset?: number;
  logAppendTime?: number;
  logEndOffset: number;
  lastStableOffset: number;
  result?: { ok: boolean; code?: number; firstOffset?: number; lastOffset?: number; logAppendTime?: number };
}

interface Scenario {
  scenario: string;
  steps: Step[];
  abortedTransactions: string;
}

/** The least of a log around a state: offsets and indexes count up, everything is committed at once or never. */
class Log {
  endOffset = 0;
  index = 0;
  state = new ProducerState();

  append(
    batch: Buffer,
    transactionVersion = 0,
  ): { code: number; firstOffset: number; lastOffset: number; time: number } {
    stampBatch(batch, 0, this.endOffset, 0);
    const facts = producerIdOf(batch, 0) < 0 ? null : factsOf(batch, 0, transactionVersion);
    const verdict = facts === null ? ({ kind: 'append' } as const) : this.state.check(facts);
    if (verdict.kind === 'refused')
      return { code: verdict.errorCode, firstOffset: -1, lastOffset: -1, time: -1 };
    if (verdict.kind === 'duplicate') {
      return {
        code: 0,
        firstOffset: verdict.firstOffset,
        lastOffset: verdict.lastOffset,
        time: verdict.timestamp,
      };
    }
    this.index++;
    if (facts !== null) this.state.append(this.index, facts);
    const firstOffset = baseOffsetOf(batch, 0);
    this.endOffset = firstOffset + lastOffsetDeltaOf(batch, 0) + 1;
    return { code: 0, firstOffset, lastOffset: this.endOffset - 1, time: -1 };
  }
}

function expectScenario({ steps, abortedTransactions }: Scenario): void {
  const log = new Log();
  for (const step of steps) {
    const answer = log.append(Buffer.from(step.hex, 'hex'), step.transactionVersion);
    log.state.applyTo(log.index);
    // Replicas and restarts go through the snapshot: it must carry everything that the next steps ask for.
    log.state = ProducerState.decode(log.state.encode());
    const expected = step.result ?? step;
    expect(`${step.step}: ${answer.code}`).toBe(`${step.step}: ${expected.code ?? 0}`);
    if (answer.code === 0) {
      expect(answer).toMatchObject({
        firstOffset: expected.firstOffset,
        lastOffset: expected.lastOffset,
        time: expected.logAppendTime,
      });
    }
    expect(log.endOffset).toBe(step.logEndOffset);
    expect(log.state.lastStableOffset(log.endOffset)).toBe(step.lastStableOffset);
  }
  const aborted = log.state
    .abortedBetween(0, log.endOffset)
    .map((one) => `${one.producerId}@${one.firstOffset}..${one.lastOffset} lso ${one.lastStableOffset}`);
  expect(`[${aborted.join(', ')}]`).toBe(abortedTransactions);
}

describe('scenarios of one producer end as on Kafka (sample)', () => {
  test.each(sampleLines<Scenario>('producer-state.jsonl').map((line) => [line.scenario, line]))(
    '%s',
    (_, line) => expectScenario(line as Scenario),
  );
});

describeOracle('scenarios of one producer end as on Kafka (all)', () => {
  test.each(oracleLines<Scenario>('producer-state.jsonl').map((line) => [line.scenario, line]))(
    '%s',
    (_, line) => expectScenario(line as Scenario),
  );
});

interface Shape {
  id?: number;
  epoch?: number;
  sequence: number;
  count?: number;
  isTransactional?: boolean;
  timestamp?: number;
}

function data({
  id = 1,
  epoch = 0,
  sequence,
  count = 1,
  isTransactional = false,
  timestamp = 1000,
}: Shape): Buffer {
  const record = { timestamp, key: null, value: null };
  return buildBatch({
    records: Array.from({ length: count }, () => record),
    producerId: id,
    producerEpoch: epoch,
    baseSequence: sequence,
    isTransactional,
  });
}

const end = (id: number, isCommit: boolean, epoch = 0): Buffer =>
  buildEndMarker({ producerId: id, producerEpoch: epoch, isCommit, coordinatorEpoch: 1, timestampMs: 1000 });

// A follower that becomes leader, or a leader that lost its term, has appended what was never committed. After
// truncation the sequences before it must be expected again, else a retry is taken for a gap (trap T52).
test('truncation takes the appended view back, batch by batch', () => {
  const log = new Log();
  log.append(data({ sequence: 0, count: 3 }));
  log.state.applyTo(1);
  log.append(data({ sequence: 3 }));
  log.append(data({ sequence: 4, isTransactional: true }));
  log.append(data({ id: 2, sequence: 0 }));
  expect(log.state.hasOpenTransaction(1)).toBe(true);
  const next = (sequence: number, id = 1) =>
    log.state.check(factsOf(data({ id, sequence }), 0) as BatchFacts).kind;

  log.state.truncate(3);
  expect(log.state.hasOpenTransaction(1)).toBe(false);
  expect([next(3), next(4), next(5)]).toEqual(['duplicate', 'append', 'refused']);
  // Producer 2 was met only in what is gone: any sequence may come again.
  expect(next(9, 2)).toBe('append');
  log.state.truncate(2);
  expect([next(3), next(4)]).toEqual(['append', 'refused']);
  log.state.truncate(2);
  expect(next(3)).toBe('append');
});

test('what is not committed neither moves the last stable offset nor stands in a snapshot', () => {
  const log = new Log();
  log.append(data({ id: 1, sequence: 0, isTransactional: true }));
  log.state.applyTo(1);
  log.append(end(1, false));
  log.append(data({ id: 2, sequence: 0, isTransactional: true }));
  expect(log.state.lastStableOffset(1)).toBe(0);
  expect(log.state.abortedBetween(0, 10)).toEqual([]);
  expect([...ProducerState.decode(log.state.encode()).describe()].map((one) => one.producerId)).toEqual([1]);
  log.state.applyTo(2);
  expect(log.state.lastStableOffset(2)).toBe(2);
  expect(log.state.abortedBetween(0, 10)).toHaveLength(1);
  log.state.applyTo(3);
  expect(log.state.lastStableOffset(3)).toBe(2);
});

// Transactions end in another order than they begin; clients need the list by first offset (Redpanda's bug with franz-go).
test('aborted transactions: which ones, in which order, and until when they are kept', () => {
  const log = new Log();
  for (const id of [1, 2, 3]) log.append(data({ id, sequence: 0, isTransactional: true }));
  log.append(end(3, false));
  log.append(end(1, true));
  log.append(end(2, false));
  log.append(data({ id: 3, sequence: 1, isTransactional: true }));
  log.append(end(3, false));
  log.state.applyTo(log.index);
  const ranges = (from: number, to: number) =>
    log.state
      .abortedBetween(from, to)
      .map((one) => `${one.producerId}: ${one.firstOffset}-${one.lastOffset}`);
  expect(ranges(0, 8)).toEqual(['2: 1-5', '3: 2-3', '3: 6-7']);
  expect(ranges(0, 2)).toEqual(['2: 1-5']);
  expect(ranges(4, 6)).toEqual(['2: 1-5']);
  // The marker itself still belongs to the transaction.
  expect(ranges(5, 6)).toEqual(['2: 1-5']);
  expect(ranges(6, 7)).toEqual(['3: 6-7']);
  expect(ranges(8, 20)).toEqual([]);
  log.state.advanceStart(6);
  expect(ranges(0, 8)).toEqual(['3: 6-7']);
  expect(ProducerState.decode(log.state.encode()).abortedBetween(0, 8)).toEqual(
    log.state.abortedBetween(0, 8),
  );
});

test('an open transaction below the start of the log holds back no more than the start', () => {
  const log = new Log();
  log.append(data({ sequence: 0, count: 5, isTransactional: true }));
  log.state.applyTo(1);
  expect(log.state.lastStableOffset(5)).toBe(0);
  log.state.advanceStart(3);
  expect(log.state.lastStableOffset(5)).toBe(3);
});

// Replicas expire by an entry that the leader stamped, never by their own clocks (trap T53).
test('expiry takes idle producers, spares open transactions, and is taken back by truncation', () => {
  const log = new Log();
  log.append(data({ id: 1, sequence: 0, timestamp: 100 }));
  log.append(data({ id: 2, sequence: 0, timestamp: 200 }));
  log.append(data({ id: 3, sequence: 0, timestamp: 100, isTransactional: true }));
  log.state.applyTo(3);
  expect([log.state.hasExpired(99), log.state.hasExpired(100)]).toEqual([false, true]);
  log.state.appendExpiry(4, decodeProducerExpiry(encodeProducerExpiry(150)));
  const producers = () => [...log.state.describe()].map((one) => one.producerId);
  const next = (id: number) => log.state.check(factsOf(data({ id, sequence: 77 }), 0) as BatchFacts).kind;
  expect([next(1), next(2)]).toEqual(['append', 'refused']);
  log.state.truncate(4);
  expect(next(1)).toBe('refused');
  log.state.appendExpiry(4, 150);
  log.state.append(5, factsOf(data({ id: 1, sequence: 40 }), 0) as BatchFacts);
  expect(producers()).toEqual([1, 2, 3]);
  log.state.applyTo(4);
  expect(producers()).toEqual([2, 3]);
  log.state.applyTo(5);
  expect([...log.state.describe()].find((one) => one.producerId === 1)).toMatchObject({ lastSequence: 40 });
});

// Group coordinators write offsets of transactions without sequences.
test('batches of coordinators have no sequence to check', () => {
  const log = new Log();
  expect(log.append(data({ sequence: -1, isTransactional: true })).code).toBe(0);
  expect(log.append(data({ sequence: -1, isTransactional: true })).code).toBe(0);
  expect(log.endOffset).toBe(2);
  expect(log.append(end(1, true)).code).toBe(0);
});

test('a marker whose records the cleaner took is a marker of nothing', () => {
  const batch = buildBatch({
    records: [],
    producerId: 1,
    producerEpoch: 0,
    isControl: true,
    lastOffsetDelta: 0,
  });
  expect(factsOf(batch, 0)).toBeNull();
});

test('a snapshot that is damaged, cut off or newer is refused', () => {
  const log = new Log();
  for (let at = 0; at < 7; at++) log.append(data({ sequence: at, timestamp: 2000 + at }));
  log.append(data({ id: 2, sequence: 0, isTransactional: true }));
  log.append(end(2, false));
  log.state.applyTo(log.index);
  const bytes = log.state.encode();
  expect(ProducerState.decode(bytes).encode().equals(bytes)).toBe(true);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = damaged[at]! ^ 0x10;
    expect(() => ProducerState.decode(damaged)).toThrow(SnapshotFormatError);
    expect(() => ProducerState.decode(bytes.subarray(0, at))).toThrow(SnapshotFormatError);
  }
  const newer = Buffer.from(bytes);
  newer.writeUInt16BE(2, 0);
  expect(() => ProducerState.decode(newer)).toThrow('version 2');
  expect(() => decodeProducerExpiry(Buffer.alloc(10))).toThrow(SnapshotFormatError);
});

/** Small, seeded. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed * 2654435761;
  return (bound) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % bound;
  };
}

// The pending list and its overlay are an optimisation. What they must equal: a state that appends and applies each
// entry of the log that is left, one by one, from the beginning.
test('any order of appends, commits, truncations and expiries equals a replay of what is left', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = randomFrom(seed);
    const state = new ProducerState();
    let log: { index: number; offset: number; act: (to: ProducerState) => void }[] = [];
    let applied = 0;
    let offset = 0;
    const sequences = new Map<number, number>();
    for (let step = 0; step < 60; step++) {
      const index = (log.at(-1)?.index ?? 0) + 1;
      const kind = below(10);
      if (kind < 6) {
        const id = below(4);
        const isMarker = below(4) === 0;
        const sequence = sequences.get(id) ?? 0;
        const batch = isMarker
          ? end(id, below(2) === 0)
          : data({
              id,
              sequence,
              timestamp: step,
              isTransactional: state.hasOpenTransaction(id) || below(2) === 0,
            });
        stampBatch(batch, 0, offset, 0);
        const facts = factsOf(batch, 0) as BatchFacts;
        expect(maxTimestampOf(batch, 0)).toBe(isMarker ? 1000 : step);
        if (!isMarker) sequences.set(id, sequence + 1);
        log.push({ index, offset, act: (to) => to.append(index, facts) });
        log.at(-1)!.act(state);
        offset++;
      } else if (kind === 6) {
        const cutoffMs = step - below(20);
        log.push({ index, offset, act: (to) => to.appendExpiry(index, cutoffMs) });
        log.at(-1)!.act(state);
      } else if (kind === 7) {
        const from = applied + 1 + below(index - applied);
        state.truncate(from);
        offset = log.find((entry) => entry.index >= from)?.offset ?? offset;
        log = log.filter((entry) => entry.index < from);
      } else {
        applied += below(index - applied);
        state.applyTo(applied);
      }
      const replayed = new ProducerState();
      for (const entry of log) {
        entry.act(replayed);
        if (entry.index <= applied) replayed.applyTo(entry.index);
      }
      expect(state.encode().equals(replayed.encode())).toBe(true);
      for (let id = 0; id < 4; id++) {
        const probe = factsOf(data({ id, sequence: sequences.get(id) ?? 0 }), 0) as BatchFacts;
        expect(state.check(probe)).toEqual(replayed.check(probe));
        expect(state.hasOpenTransaction(id)).toBe(replayed.hasOpenTransaction(id));
      }
    }
  }
});
