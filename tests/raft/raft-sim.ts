/**
 * Simulated Raft groups by the seed: `--seeds N --seed FIRST --events N`. Ends with 1 at the first broken invariant,
 * after the last events of that run; a seed always replays to the same events. With `--until-failure` the outcome is
 * one line of JSON for tests/mutants/run.ts.
 */
import { Simulation } from './simulation';

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

const first = option('seed', 1);
const seeds = option('seeds', 4000);
const eventCount = option('events', 2000);

/** The error of the first seed that fails. */
function hunt(): { readonly seed: number; readonly error: Error } | null {
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      new Simulation(seed, false).run(eventCount);
    } catch (error) {
      return { seed, error: error as Error };
    }
  }
  return null;
}

/** The last events before a failure, from a second run of the seed. */
function lastEvents(seed: number): string {
  const replay = new Simulation(seed, true);
  try {
    replay.run(eventCount);
  } catch {
    return replay.trace!.slice(-60).join('\n');
  }
  return 'the second run of the seed did not fail: something besides the seed decides';
}

const startedAt = process.hrtime.bigint();
const failure = hunt();
if (process.argv.includes('--until-failure')) {
  const seedsNeeded = failure === null ? null : failure.seed - first + 1;
  process.stdout.write(`${JSON.stringify({ seedsNeeded, message: failure?.error.message ?? '' })}\n`);
} else if (failure === null) {
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  process.stdout.write(`${seeds} seeds of ${eventCount} events, ${seconds.toFixed(1)} s\n`);
} else {
  process.stdout.write(`${lastEvents(failure.seed)}\nseed ${failure.seed}: ${failure.error.stack}\n`);
}
process.exitCode = failure === null ? 0 : 1;
