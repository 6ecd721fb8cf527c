import { describeOracle, oracleLines, sampleLines } from '../../storage/oracle';
import { PartitionWorld } from '../../support/partition-world';

/** One append of a scenario and what Kafka's log answered; the oracle nests the answer in `result`. */
interface Step {
  readonly step: string;
  readonly hex: string;
  readonly transactionVersion?: number;
  readonly code?: number;
  readonly firstOffset?: number;
  readonly logAppendTime?: number;
  readonly logEndOffset: number;
  readonly lastStableOffset: number;
  readonly result?: {
    readonly code?: number;
    readonly firstOffset?: number;
    readonly logAppendTime?: number;
  };
}

interface Scenario {
  readonly scenario: string;
  readonly steps: readonly Step[];
  readonly abortedTransactions: string;
}

const isMarker = ({ step }: Step) => step.startsWith('commit') || step.startsWith('abort');

/** Appends all steps; with `crashBefore`, the power fails in front of that one. */
function expectScenario({ steps, abortedTransactions }: Scenario, crashBefore = -1): void {
  const world = new PartitionWorld();
  let partition = world.create();
  steps.forEach((step, i) => {
    if (i === crashBefore) {
      world.crash('power');
      partition = world.create();
    }
    const expected = step.result ?? step;
    const origin = isMarker(step) ? 'coordinator' : 'client';
    const outcome = world.append(partition, Buffer.from(step.hex, 'hex'), { origin });
    expect([step.step, outcome.errorCode]).toEqual([step.step, expected.code ?? 0]);
    if (outcome.errorCode === 0) {
      const { baseOffset, logAppendTimeMs } = outcome;
      expect({ baseOffset, logAppendTimeMs }).toEqual({
        baseOffset: expected.firstOffset,
        logAppendTimeMs: expected.logAppendTime,
      });
    }
    const { endOffset, highWatermark, lastStableOffset } = partition;
    expect([endOffset, highWatermark, lastStableOffset]).toEqual([
      step.logEndOffset,
      step.logEndOffset,
      step.lastStableOffset,
    ]);
  });
  const outcome = world.fetch(partition, 0, { isolation: 'read_committed' });
  const aborted = outcome.abortedTransactions!.map(
    ({ producerId, firstOffset }) => `${producerId}@${firstOffset}`,
  );
  expect(aborted).toEqual([...abortedTransactions.matchAll(/\d+@\d+/g)].map(([text]) => text));
}

// A coordinator tells which version a marker is of; the append of one will, when coordinators write them.
const isServed = ({ steps }: Scenario) => steps.every(({ transactionVersion = 1 }) => transactionVersion < 2);

const sample = sampleLines<Scenario>('producer-state.jsonl').filter(isServed);
const all = oracleLines<Scenario>('producer-state.jsonl').filter(isServed);

test.each(sample.map((line) => [line.scenario, line] as const))(
  '34, 35: a producer is answered as by Kafka, and after a power cut too: %s (sample)',
  (_name, line) => {
    expectScenario(line);
    expectScenario(line, line.steps.length - 1);
  },
);

describeOracle('34, 35: a producer is answered as by Kafka, wherever the power fails (all)', () => {
  test.each(all.map((line) => [line.scenario, line] as const))('%s', (_name, line) => {
    for (let i = -1; i < line.steps.length; i++) expectScenario(line, i);
  });
});
