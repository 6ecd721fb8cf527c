/** What a run found, and how it is told. */
import type { Allowance, Place } from './allowed';
import type { Difference } from './compare';
import { Coverage } from './coverage';
import type { Listener } from './interpreter';
import type { Result } from './side';

/** Of one request only so many differences are printed; they usually have one cause. */
const SHOWN_PER_STEP = 8;

export interface Ending {
  /** Every scenario was run, so that every line of allowed.txt had its chance. */
  readonly isWhole: boolean;
  /** How many (API, version, error code) a whole run must compare. */
  readonly triplesMin: number;
  readonly withTriples: boolean;
}

export class Report implements Listener {
  readonly startMs = Date.now() - 1_000;
  /** For names that are new to a broker that has served earlier runs. */
  readonly runName = Date.now().toString(36).slice(-6);
  readonly coverage = new Coverage();
  readonly #needed = new Map<Allowance, number>();
  readonly #failures: string[] = [];
  #comparisons = 0;
  #scenarios = 0;
  #intended = 0;
  #unintended = 0;
  /** Requests with an unintended difference. */
  #different = 0;
  #unanswered = 0;

  constructor(
    readonly allowed: readonly Allowance[],
    readonly isShown: boolean,
  ) {}

  compared(place: Place, line: number, kafka: Result, differences: readonly Difference[]): void {
    this.#comparisons++;
    if (this.isShown) {
      const text = `${kafka.outcome} ${JSON.stringify(kafka.value)}`;
      console.log(`${place.scenario}:${line} ${place.api} v${place.version} ${text}`);
    }
    if (kafka.outcome === 'answer' && place.api !== 'raw') {
      this.coverage.add(place.api, place.version, kafka.codes);
    } else this.#unanswered++;
    const left = differences.filter((difference) => !this.#isAllowed(place, difference));
    this.#intended += differences.length - left.length;
    if (left.length === 0) return;
    this.#unintended += left.length;
    this.#different++;
    console.log(`\n${place.scenario}:${line} ${place.api} v${place.version}`);
    for (const { path, kafka: theirs, ours } of left.slice(0, SHOWN_PER_STEP)) {
      console.log(`  ${path}\n    kafka ${theirs}\n    ours  ${ours}`);
    }
    if (left.length > SHOWN_PER_STEP) console.log(`  and ${left.length - SHOWN_PER_STEP} more`);
  }

  #isAllowed(place: Place, difference: Difference): boolean {
    let isAllowed = false;
    // All that match are needed: of two lines that say the same, neither is stale.
    for (const allowance of this.allowed) {
      if (!allowance.matches(place, difference)) continue;
      this.#needed.set(allowance, (this.#needed.get(allowance) ?? 0) + 1);
      isAllowed = true;
    }
    return isAllowed;
  }

  wrong(scenario: string, line: number, why: string): void {
    this.failed(`${scenario}:${line} ${why}`);
  }

  failed(why: string): void {
    this.#failures.push(why);
    console.log(`\nFAILED ${why}`);
  }

  scenarioDone(name: string, durationMs: number): void {
    this.#scenarios++;
    console.log(`${name}: ${(durationMs / 1000).toFixed(1)} s`);
  }

  /** Prints the counts; true when all is well. */
  finish(options: Ending): boolean {
    const stale = options.isWhole
      ? this.allowed.filter((allowance) => !allowance.isSometimes && !this.#needed.has(allowance))
      : [];
    for (const { line, text } of stale) console.log(`\nallowed.txt:${line} is needed by nothing: ${text}`);
    if (options.isWhole && this.coverage.count < options.triplesMin) {
      this.failed(`only ${this.coverage.count} of at least ${options.triplesMin} triples`);
    }
    console.log('');
    if (options.withTriples) for (const line of this.coverage.lines()) console.log(line);
    for (const why of this.#failures) console.log(`FAILED ${why.split('\n')[0]}`);
    console.log(
      [
        `${this.#scenarios} scenarios, ${this.#comparisons} requests compared (${this.#unanswered} without an answer)`,
        `${this.coverage.count} (API, version, error code) triples of Kafka`,
        `differences: ${this.#unintended} unintended, ${this.#intended} intended by ${this.#needed.size} lines of allowed.txt, ${stale.length} stale lines`,
        `${((Date.now() - this.startMs) / 1000).toFixed(0)} s`,
      ].join('\n'),
    );
    const failed = this.#failures.length + stale.length + this.#different;
    console.log(`differential: ${this.#comparisons - this.#different} passed, ${failed} failed`);
    return this.#unintended === 0 && stale.length === 0 && this.#failures.length === 0;
  }
}
