/** Damage to one file at rest, aimed at what is read again: the journal, what was written last, its structure. */
import {
  GROUP_HEADER_SIZE_BYTES,
  RECORD_HEADER_SIZE_BYTES,
  RecordType,
  recordBodySizeBytes,
  recordSizeBytes,
  recordType,
} from '../../storage/journal-format';
import { ROW_SIZE_BYTES } from '../../storage/rows';
import { type FileImage, SECTOR_SIZE_BYTES } from './disk-image';
import type { StorageWorld } from './storage-world';

export function damageOneFile(world: StorageWorld): void {
  const { random, disk } = world;
  const all = disk.files().filter(([, file]) => file.sizeBytes > 0);
  const journals = all.filter(([path]) => isJournal(path));
  const small = all.filter(([path]) => !path.includes('/') && !isJournal(path));
  const files = random.pick([journals, journals, journals, small, all]);
  if (files.length === 0) return;
  const [path, file] = random.pick(files);
  const inRecord = isJournal(path) && random.chance(0.5) ? drawRecordPosition(world, path, file) : null;
  const position = inRecord ?? drawDamagedPosition(world, file);
  const kind = random.pick(['bit', 'bit', 'bit', 'sector', 'sector', 'file'] as const);
  world.note(() => `damage ${path}: ${kind} at ${position} of ${file.sizeBytes}`);
  if (kind === 'bit') disk.flipBit(path, position, random.below(8));
  else if (kind === 'sector') disk.zeroSector(path, Math.floor(position / SECTOR_SIZE_BYTES));
  else disk.loseFile(path);
}

const isJournal = (path: string): boolean => path.startsWith('journal-');

/** Mostly somewhere in what was written last, often at its beginning, where the structure is. */
function drawDamagedPosition(world: StorageWorld, file: FileImage): number {
  const { random } = world;
  const recent = file.recentWrites.filter(
    ({ position, sizeBytes }) => position + sizeBytes <= file.sizeBytes,
  );
  if (recent.length === 0 || random.chance(0.3)) return random.below(file.sizeBytes);
  const { position, sizeBytes } = random.pick(recent);
  return position + random.below(random.chance(0.5) ? Math.min(64, sizeBytes) : sizeBytes);
}

/** A byte of a record's header, row or control body: a group whose header is whole, and whose records are not. */
function drawRecordPosition(world: StorageWorld, path: string, file: FileImage): number | null {
  const { random, disk } = world;
  const bytes = disk.contents(path)!;
  const records: { readonly at: number; readonly sizeBytes: number }[] = [];
  for (const { position, sizeBytes } of file.recentWrites) {
    const end = Math.min(position + sizeBytes, bytes.length);
    let at = position + GROUP_HEADER_SIZE_BYTES;
    while (at + RECORD_HEADER_SIZE_BYTES < end && recordType(bytes, at) > 0) {
      const bodySizeBytes = recordBodySizeBytes(bytes, at);
      // Not a group any more: the file is in use again.
      if (at + recordSizeBytes(bodySizeBytes) > end) break;
      const judged = recordType(bytes, at) === RecordType.entry ? ROW_SIZE_BYTES : bodySizeBytes;
      records.push({ at, sizeBytes: RECORD_HEADER_SIZE_BYTES + judged });
      at += recordSizeBytes(bodySizeBytes);
    }
  }
  if (records.length === 0) return null;
  const { at, sizeBytes } = random.pick(records);
  return at + random.below(sizeBytes);
}
