/** Compares everything a data directory holds with everything else that it says about it. */
import { maxTimestampOf, nextOffsetOf, recordCountOf } from './batch';
import type { Disk } from './disk';
import type { Inspection } from './inspect';
import { type Damage, MISSING } from './inspect-damage';
import { LogWalk, repeatedly, type WalkedDamage, type WalkedEntry } from './inspect-walk';
import type { Log } from './log';
import { MANIFEST_PATH } from './manifest';
import { EntryKind, type LogKey } from './types';

export interface VerifiedLog {
  readonly key: LogKey;
  readonly segments: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Of its batches. */
  readonly sizeBytes: number;
  readonly term: number;
  /** Entries that were read and are good. */
  readonly entries: number;
  readonly damages: readonly Damage[];
}

export interface StrayFiles {
  /** Of segments that no log has any more: the next start removes them, if it follows a crash. */
  readonly orphans: readonly string[];
  /** Names that this program never gives. */
  readonly foreign: readonly string[];
}

export interface VerifyOptions {
  /** What is wrong with a saved state, or null: its form is its owner's. */
  stateDamage(bytes: Buffer): string | null;
}

/** Reads one log whole. */
export function verifyLog(
  inspection: Inspection,
  log: Log,
  options: VerifyOptions,
  done: (verified: VerifiedLog) => void,
): void {
  const damages = structureDamages(log, options);
  let entries = 0;
  const walk = new LogWalk(inspection.disk, log, inspection);
  repeatedly((again) => {
    walk.next((items) => {
      if (items === null) return done(verified(log, entries, damages));
      for (const item of items) {
        const damage = item.kind === 'damage' ? lossOf(inspection, log, item) : entryDamage(log, item);
        if (damage !== null) damages.push(damage);
        else entries++;
      }
      again();
    });
  });
}

function verified(log: Log, entries: number, damages: Damage[]): VerifiedLog {
  const { key, quarantine } = log;
  // What stopped a broker before: it may have been found by a read that failed and does no longer.
  if (quarantine !== null && damages.length === 0) {
    const lost = `a broker serves nothing from offset ${quarantine.offset} on`;
    damages.push({ file: MANIFEST_PATH, position: 0, reason: quarantine.reason, log: key, lost });
  }
  const { firstIndex, lastIndex, startOffset, endOffset, sizeBytes, segments } = log;
  return {
    key,
    segments: segments.length,
    firstIndex,
    lastIndex,
    startOffset,
    endOffset,
    sizeBytes,
    term: log.hardState.term,
    entries,
    damages,
  };
}

function lossOf({ isWhole }: Inspection, log: Log, damage: WalkedDamage): Damage {
  const { file, position, reason } = damage;
  const isPerhapsDropped = !isWhole && reason === MISSING;
  const lost = `${lostText(damage)}${isPerhapsDropped ? ', unless a group that cannot be read dropped them' : ''}`;
  return { file, position, reason, log: log.key, lost };
}

/** For people: which entries and offsets a walk did not find. */
export function lostText({ fromIndex, endIndex, fromOffset, endOffset }: WalkedDamage): string {
  const entries =
    endIndex - fromIndex === 1 ? `entry ${fromIndex}` : `entries ${fromIndex} to ${endIndex - 1}`;
  if (endOffset <= fromOffset) return `${entries}, no offsets`;
  const offsets =
    endOffset - fromOffset === 1 ? `offset ${fromOffset}` : `offsets ${fromOffset} to ${endOffset - 1}`;
  return `${entries}, ${offsets}`;
}

/** Bytes that are whole, and not what row, log and segment say of them. */
function entryDamage(log: Log, { entry, file, position }: WalkedEntry): Damage | null {
  const reason = contradiction(log, entry);
  if (reason === null) return null;
  const lost = `what is right about entry ${entry.index}, offset ${entry.baseOffset}`;
  return { file, position, reason, log: log.key, lost };
}

function contradiction(log: Log, entry: WalkedEntry['entry']): string | null {
  const { index, term, kind, bytes, nextOffset, maxTimestamp } = entry;
  if (log.termAt(index) !== term) return `entry ${index} has term ${term}, the log says ${log.termAt(index)}`;
  if (kind !== EntryKind.batch) return null;
  if (nextOffsetOf(bytes, 0) !== nextOffset) {
    return `the batch ends before offset ${nextOffsetOf(bytes, 0)}, its row says ${nextOffset}`;
  }
  // A batch without records is not found by time.
  const isEmpty = recordCountOf(bytes, 0) === 0 && maxTimestamp === -1;
  if (maxTimestampOf(bytes, 0) !== maxTimestamp && !isEmpty) {
    return `the batch has largest timestamp ${maxTimestampOf(bytes, 0)}, its row says ${maxTimestamp}`;
  }
  const segment = log.segments[log.segmentOfIndex(index)];
  if (segment === undefined || maxTimestamp <= segment.maxTimestamp) return null;
  return `the batch has timestamp ${maxTimestamp}, its segment none above ${segment.maxTimestamp}`;
}

/** What manifest and journal say that cannot be, whatever stands in the files. */
function structureDamages(log: Log, { stateDamage }: VerifyOptions): Damage[] {
  const damages: Damage[] = [];
  const report = (reason: string, lost: string): void => {
    damages.push({ file: MANIFEST_PATH, position: 0, reason, log: log.key, lost });
  };
  let index = log.firstIndex;
  let offset = log.segments[0]?.baseOffset ?? log.endOffset;
  for (const segment of log.segments) {
    if (segment.firstIndex !== index || segment.baseOffset < offset) {
      report(
        `segment ${segment.generation} begins with entry ${segment.firstIndex}, offset ${segment.baseOffset}`,
        `what lies between it and entry ${index}, offset ${offset}`,
      );
    }
    index = segment.nextIndex;
    offset = segment.nextOffset;
  }
  if (index !== log.lastIndex + 1 || offset > log.endOffset || log.startOffset > log.endOffset) {
    report(
      `the segments end before entry ${index}, offset ${offset}, the log before ${log.lastIndex + 1}, ${log.endOffset}`,
      'what lies between',
    );
  }
  for (const { epoch, startIndex } of log.epochs) {
    // Of an epoch that began before the log did only the rest is there.
    if (startIndex < log.firstIndex || startIndex > log.lastIndex || log.termAt(startIndex) === epoch)
      continue;
    report(`leader epoch ${epoch} is said to begin with entry ${startIndex}`, 'where that epoch begins');
  }
  for (const state of log.states) {
    const reason =
      state.index > log.lastIndex ? 'it is of an entry behind the end' : stateDamage(state.bytes);
    if (reason === null) continue;
    report(`the saved state of entry ${state.index}: ${reason}`, `producers and voters as of that entry`);
  }
  return damages;
}

const ROOT_NAMES: ReadonlySet<string> = new Set([
  'identity',
  'manifest',
  'journals',
  'clean',
  'logs',
  'lock',
]);
const ROOT_PATTERN = /^(journal-\d+|(identity|manifest|journals|clean)\.new)$/;
const FILE_PATTERN = /^\d{10}\.(data|rows)$/;

/** Files that no log needs. Which are needed is not known where not all was read: then no orphan is told. */
export function strayFiles(inspection: Inspection, done: (stray: StrayFiles) => void): void {
  const live = new Set<string>();
  for (const log of inspection.logs) {
    for (const segment of log.segments) live.add(segment.dataPath).add(segment.rowsPath);
  }
  const orphans: string[] = [];
  const foreign: string[] = [];
  const names = (path: string, then: (names: readonly string[]) => void): void =>
    listed(inspection.disk, path, then);
  names('', (root) => {
    for (const name of root) if (!ROOT_NAMES.has(name) && !ROOT_PATTERN.test(name)) foreign.push(name);
    names('logs', (directories) => {
      let at = 0;
      repeatedly((again) => {
        const directory = directories[at++];
        if (directory === undefined) return done({ orphans, foreign });
        names(`logs/${directory}`, (files) => {
          for (const name of files) {
            const path = `logs/${directory}/${name}`;
            if (live.has(path)) continue;
            if (!FILE_PATTERN.test(name)) foreign.push(path);
            else if (inspection.isWhole) orphans.push(path);
          }
          again();
        });
      });
    });
  });
}

/** Nothing for what is no directory. */
function listed(disk: Disk, path: string, then: (names: readonly string[]) => void): void {
  disk.list(path, (error, names) => then(error === null ? names : []));
}
