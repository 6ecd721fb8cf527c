/** The smallest machine: a map from words to words. Tests of the runtime run it over a real partition. */
import { ErrorCode } from '../../../protocol';
import type { Machine, MachineRecord, OperationResult, Outcome } from '../../../src/replicated/machine';
import { LogRuntime } from '../../../src/replicated/runtime';
import { topicConfig } from '../../support/fixtures';
import type { PartitionWorld } from '../../support/partition-world';

export class WordMachine implements Machine {
  readonly words = new Map<string, string>();
  committedOffset = 0;
  resets = 0;

  replay({ key, value }: MachineRecord, offset: number): void {
    if (value?.toString() === 'poison') throw new Error(`poison at ${offset}`);
    if (value === null) this.words.delete(key!.toString());
    else this.words.set(key!.toString(), value.toString());
  }

  committed(endOffset: number): void {
    this.committedOffset = endOffset;
  }

  reset(): void {
    this.words.clear();
    this.resets++;
  }

  get text(): string {
    return [...this.words].map(([key, value]) => `${key}=${value}`).join(' ');
  }
}

/** Writes `a=1 b=2 c` (c is deleted) and answers with all words as of then. */
export const writing =
  (text: string) =>
  (machine: WordMachine): Outcome<string> => {
    const records = text.split(' ').map((pair) => {
      const [key, value] = pair.split('=');
      return { key: Buffer.from(key!), value: value === undefined ? null : Buffer.from(value) };
    });
    return { records, response: `${machine.text} + ${text}` };
  };

export const reading = (machine: WordMachine): Outcome<string> => ({ records: [], response: machine.text });

export class RuntimeWorld {
  readonly machine = new WordMachine();
  readonly runtime: LogRuntime<WordMachine>;
  /** Answers in the order in which they came. */
  readonly answers: string[] = [];
  readonly failures: string[] = [];
  readyCount = 0;

  /** Opens the partition, the same one each time, and puts a machine on it. */
  constructor(
    readonly partitions: PartitionWorld,
    batchSizeBytesMax = 1 << 20,
    timeoutMs: number | null = null,
  ) {
    const log = partitions.create(0, topicConfig());
    this.runtime = new LogRuntime({
      machine: this.machine,
      log,
      nowMs: () => partitions.machine.host.brokerTime.nowMs(),
      batchSizeBytesMax,
      refusals: {
        notLeader: { errorCode: ErrorCode.NOT_COORDINATOR, message: 'elsewhere' },
        loading: { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, message: 'loading' },
      },
      ...(timeoutMs === null ? {} : { patience: { timeoutMs, clock: partitions.machine.host.monotonic } }),
      onReady: () => this.readyCount++,
      onFailed: (error) => this.failures.push(error.message),
    });
  }

  operate(name: string, operation: (machine: WordMachine) => Outcome<string>): void {
    this.runtime.operate(operation, (result: OperationResult<string>) => {
      this.answers.push(
        `${name}: ${result.refused === null ? result.response : `refused ${result.refused.errorCode}`}`,
      );
    });
  }

  untilReady(): this {
    this.partitions.until(() => this.runtime.isReady);
    return this;
  }

  untilAnswered(count: number): void {
    this.partitions.until(() => this.answers.length >= count);
  }
}
