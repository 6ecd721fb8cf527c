/** The report of a whole data directory: what it is, each log, every damage. */
import {
  type Damage,
  type InspectedJournal,
  type StoreIdentity,
  type StrayFiles,
  strayFiles,
  type VerifiedLog,
  verifyLog,
} from '../../storage';
import { decodeSavedState } from '../partition/saved-state';
import { logName, type OpenedDirectory } from './directory';

export interface ReportedLog extends Omit<VerifiedLog, 'damages' | 'key'> {
  /** null where the metadata log does not tell it. */
  readonly topic: string | null;
  readonly topicId: string;
  readonly partition: number;
  readonly isDamaged: boolean;
}

export interface ReportedDamage extends Omit<Damage, 'log'> {
  /** Name and partition; null when it is of none or of more than one. */
  readonly log: string | null;
}

export interface VerifyReport extends StrayFiles {
  readonly directory: string;
  readonly isWhole: boolean;
  readonly identity: StoreIdentity | null;
  readonly manifestSequence: number | null;
  readonly journal: InspectedJournal | null;
  readonly logs: readonly ReportedLog[];
  readonly damages: readonly ReportedDamage[];
}

export async function verifyReport({ directory, inspection, names }: OpenedDirectory): Promise<VerifyReport> {
  const damages: Damage[] = [...inspection.damages];
  const logs: ReportedLog[] = [];
  for (const log of inspection.logs) {
    const verified = await new Promise<VerifiedLog>((done) => {
      verifyLog(inspection, log, { stateDamage }, done);
    });
    const { key, damages: found, ...rest } = verified;
    damages.push(...found);
    const topic = names.get(key.topicId) ?? null;
    logs.push({
      topic,
      topicId: key.topicId,
      partition: key.partition,
      isDamaged: found.length > 0,
      ...rest,
    });
  }
  const stray = await new Promise<StrayFiles>((done) => strayFiles(inspection, done));
  return {
    directory,
    isWhole: damages.length === 0,
    identity: inspection.identity,
    manifestSequence: inspection.manifest?.sequence ?? null,
    journal: inspection.journal,
    logs,
    damages: damages.map(({ log, ...rest }) => ({
      ...rest,
      log: log === null ? null : logName(names, log),
    })),
    ...stray,
  };
}

function stateDamage(bytes: Buffer): string | null {
  try {
    decodeSavedState(bytes);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Everything but the table of logs, which comes between the two. */
export function reportLines(report: VerifyReport): {
  readonly before: readonly string[];
  readonly after: readonly string[];
} {
  const { identity, manifestSequence, journal, damages, orphans, foreign } = report;
  const before = [`directory ${report.directory}`];
  if (identity !== null) {
    const { clusterId, nodeId, incarnation } = identity;
    before.push(`identity  cluster ${clusterId}, node ${nodeId}, incarnation ${incarnation}`);
  }
  if (manifestSequence !== null) before.push(`manifest  ${manifestSequence}`);
  if (journal !== null) before.push(...journalLines(journal));
  const after = damages.map(damageLine);
  for (const path of orphans) after.push(`orphan: ${path}: no log has it`);
  for (const path of foreign) after.push(`foreign: ${path}: not of this program, left alone`);
  after.push(report.isWhole ? 'whole' : `damaged: ${damages.length}`);
  return { before, after };
}

function journalLines(journal: InspectedJournal): readonly string[] {
  const { files, isClean, groupCount, markCount, place, boot, torn } = journal;
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const size = `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${sizeBytes} bytes`;
  if (isClean) return [`journal   ${size}; closed in order, nothing of it is needed`];
  const end = `journal-${place.number} at byte ${place.position}, generation ${place.generation}, boot ${boot}`;
  const mark = journal.isMarked ? 'confirmed' : 'not confirmed by a mark';
  const lines = [
    `journal   ${size}; ${groupCount} groups behind the manifest, ${markCount} of them marks`,
    `journal   group ${place.sequence} ends ${end}, ${mark}`,
  ];
  if (torn !== null) {
    const { file, position } = torn;
    const what = `a group of ${torn.sizeBytes} bytes was begun and not completed`;
    lines.push(`torn      ${file} at byte ${position}: ${what}; nothing in it was acknowledged`);
  }
  return lines;
}

export function damageLine({ file, position, reason, log, lost }: ReportedDamage): string {
  return `damage: ${file} at byte ${position}: ${reason}; lost: ${log === null ? '' : `${log}: `}${lost}`;
}
