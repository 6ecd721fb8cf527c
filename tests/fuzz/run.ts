/** The loop of the fuzz: seeds as they are, frames with a verdict of Apache's, then mutations. Case n of a seed is always the same. */
import { SeededRandom } from '../sim/random';
import type { Corpus, Kind, Read, Seed } from './corpus';
import { judge } from './judge';
import { mutate } from './mutate';
import { readRequest } from './readers';
import { isKnownDifference, type Judged } from './verdicts';

export interface FuzzOptions {
  readonly seed: number;
  /** The first case, and how many there are. */
  readonly first: number;
  readonly count: number;
  readonly kinds: readonly Kind[];
  readonly judged: readonly Judged[];
  readonly problemsMax: number;
  /** Told the case that begins, -1 for bytes as they are; whoever watches sees a hang by it. */
  readonly onCase?: (index: number) => void;
  /** A fault put in front of every reader, to see that it is found. */
  readonly plant?: (read: Read) => Read;
}

export interface Problem {
  /** Replayed by `--first` with `--count 1`; -1 for bytes that are not mutated. */
  readonly index: number;
  readonly name: string;
  readonly problem: string;
  readonly hex: string;
}

export interface KindReport {
  cases: number;
  refused: number;
  /** Most that a refused case allocated beyond three times its own size. */
  refusedSizeBytesMax: number;
  elapsedMsMax: number;
}

export interface FuzzReport {
  readonly kinds: Partial<Record<Kind, KindReport>>;
  readonly judged: number;
  readonly problems: readonly Problem[];
}

/** One batch in ten: the rest are frames, of which a request is what strangers send. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  request: 54,
  response: 18,
  record: 12,
  stream: 6,
  batch: 10,
};

export const allKinds = Object.keys(WEIGHTS) as readonly Kind[];

export function runFuzz(corpus: Corpus, options: FuzzOptions): FuzzReport {
  const plant = options.plant ?? ((read: Read) => read);
  const report: FuzzReport & { judged: number; problems: Problem[] } = { kinds: {}, judged: 0, problems: [] };
  const add = (index: number, name: string, problem: string, bytes: Buffer): void => {
    report.problems.push({ index, name, problem, hex: bytes.toString('hex') });
  };
  const isFull = (): boolean => report.problems.length >= options.problemsMax;
  const kinds = options.kinds.flatMap((kind) => new Array<Kind>(WEIGHTS[kind]).fill(kind));

  if (options.first === 0) {
    for (const one of options.kinds.includes('request') ? options.judged : []) {
      const { name, bytes, isTaken } = one;
      if (isFull()) return report;
      options.onCase?.(-1);
      const { refusal, problem } = judge('request', plant(readRequest), bytes, 1);
      report.judged += 1;
      if (problem !== null) add(-1, name, problem, bytes);
      else if ((refusal === null) !== isTaken && !isKnownDifference(one, refusal)) {
        add(-1, name, isTaken ? `Apache takes it, here: ${refusal}` : 'Apache refuses it', bytes);
      }
    }
    for (const { kind, name, bytes, read } of options.kinds.flatMap((one) => corpus[one])) {
      if (isFull()) return report;
      options.onCase?.(-1);
      const { refusal, problem } = judge(kind, plant(read), bytes, 0);
      if (problem !== null) add(-1, name, problem, bytes);
      // Batches: verdicts of their own are tested in storage.
      else if (refusal !== null && kind !== 'batch') add(-1, name, `is refused as it is: ${refusal}`, bytes);
    }
  }

  for (let index = options.first; index < options.first + options.count && !isFull(); index += 1) {
    options.onCase?.(index);
    const { seed, bytes, chance } = caseOf(corpus, kinds, options.seed, index);
    const judgement = judge(seed.kind, plant(seed.read), bytes, chance);
    count(report.kinds, seed.kind, bytes.length, judgement);
    if (judgement.problem !== null) add(index, seed.name, judgement.problem, bytes);
  }
  return report;
}

const CASES_PER_SEED = 1_000_000_000;

export function caseOf(
  corpus: Corpus,
  kinds: readonly Kind[],
  seedNumber: number,
  index: number,
): { readonly seed: Seed; readonly bytes: Buffer; readonly chance: number } {
  const random = new SeededRandom(seedNumber * CASES_PER_SEED + index);
  const seeds = corpus[random.pick(kinds)];
  const seed = random.pick(seeds);
  const bytes = mutate(random, seed.bytes, random.pick(seeds).bytes);
  return { seed, bytes, chance: random.word() };
}

function count(
  kinds: Partial<Record<Kind, KindReport>>,
  kind: Kind,
  sizeBytes: number,
  judgement: { refusal: string | null; allocatedSizeBytes: number; elapsedMs: number },
): void {
  kinds[kind] ??= { cases: 0, refused: 0, refusedSizeBytesMax: 0, elapsedMsMax: 0 };
  const row = kinds[kind];
  row.cases += 1;
  if (judgement.refusal !== null) {
    row.refused += 1;
    row.refusedSizeBytesMax = Math.max(row.refusedSizeBytesMax, judgement.allocatedSizeBytes - 3 * sizeBytes);
  }
  row.elapsedMsMax = Math.max(row.elapsedMsMax, judgement.elapsedMs);
}
