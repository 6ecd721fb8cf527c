/** Looks at directories as `pyralog log verify` does, over a disk of a test. */
import type { Disk } from '../../storage/disk';
import { type Inspection, inspectDirectory } from '../../storage/inspect';
import type { Damage } from '../../storage/inspect-damage';
import { type StrayFiles, strayFiles, type VerifiedLog, verifyLog } from '../../storage/inspect-verify';
import { LogWalk, type Walked } from '../../storage/inspect-walk';
import type { Log } from '../../storage/log';

export interface Verified {
  readonly inspection: Inspection;
  readonly logs: readonly VerifiedLog[];
  readonly stray: StrayFiles;
  readonly damages: readonly Damage[];
}

/** @param run  Lets everything happen that is under way. */
function answerOf<T>(run: () => void, ask: (done: (value: T) => void) => void): T {
  const answers: T[] = [];
  ask((value) => answers.push(value));
  run();
  if (answers.length !== 1) throw new Error(`${answers.length} answers`);
  return answers[0]!;
}

/** Throws what leaves nothing to look at. */
export function inspect(disk: Disk, run: () => void): Inspection {
  const { error, found } = answerOf<{ error: Error | null; found: Inspection }>(run, (done) =>
    inspectDirectory(disk, (error, found) => done({ error, found })),
  );
  if (error !== null) throw error;
  return found;
}

export function verifyDirectory(
  disk: Disk,
  run: () => void,
  stateDamage: (bytes: Buffer) => string | null = () => null,
): Verified {
  const inspection = inspect(disk, run);
  const logs = inspection.logs.map((log) =>
    answerOf<VerifiedLog>(run, (done) => verifyLog(inspection, log, { stateDamage }, done)),
  );
  const stray = answerOf<StrayFiles>(run, (done) => strayFiles(inspection, done));
  return {
    inspection,
    logs,
    stray,
    damages: [...inspection.damages, ...logs.flatMap(({ damages }) => damages)],
  };
}

/** All that a walk finds. */
export function walkAll(inspection: Inspection, log: Log, run: () => void, fromOffset?: number): Walked[] {
  const { disk, placeOf } = inspection;
  const walk = new LogWalk(disk, log, { placeOf, ...(fromOffset === undefined ? {} : { fromOffset }) });
  const all: Walked[] = [];
  for (;;) {
    const items = answerOf<readonly Walked[] | null>(run, (done) => walk.next(done));
    if (items === null) return all;
    all.push(...items);
  }
}
