/** A data directory that no broker has, opened to be looked at. */

import { decodeMetadataRecord } from '../../protocol';
import {
  batchPositions,
  EntryKind,
  type Inspection,
  inspectDirectory,
  LogWalk,
  nodeDisk,
  recordsOf,
  type Walked,
} from '../../storage';
import { lockDirectory } from '../directory-lock';
import { METADATA_TOPIC_ID, METADATA_TOPIC_NAME } from '../metadata/topic-names';

export type InspectedLog = Inspection['logs'][number];

export interface OpenedDirectory {
  readonly directory: string;
  readonly inspection: Inspection;
  /** By topic id, as far as the metadata log tells them. */
  readonly names: ReadonlyMap<string, string>;
}

/** There is no such directory. */
export class NoDirectoryError extends Error {
  override readonly name = 'NoDirectoryError';
  readonly code = 'NO_DIRECTORY';
}

/**
 * Holds the directory's lock while `work` runs. Nothing in it is changed.
 *
 * @param onLocked  Gets what gives the lock back, for whoever may end before `work` does; more than once is no harm.
 * @throws NoDirectoryError, DirectoryLockedError, NoStoreError, NewerFormatError, DiskError  There is nothing to look at.
 */
export async function withDirectory<T>(
  directory: string,
  work: (opened: OpenedDirectory) => Promise<T>,
  onLocked: (release: () => void) => void = () => {},
): Promise<T> {
  const disk = nodeDisk(directory);
  await new Promise<void>((fulfil, reject) => {
    disk.list('', (error) => {
      if (error === null) fulfil();
      else reject(new NoDirectoryError(`${directory} is not a directory that can be read: ${error.code}`));
    });
  });
  const lock = await lockDirectory(directory);
  onLocked(() => lock.release());
  try {
    const inspection = await new Promise<Inspection>((fulfil, reject) => {
      inspectDirectory(disk, (error, found) => (error === null ? fulfil(found) : reject(error)));
    });
    return await work({ directory, inspection, names: await topicNames(inspection) });
  } finally {
    lock.release();
  }
}

/** Entries and damage of one log in order, a few hundred at a time. */
export async function* walked(
  inspection: Inspection,
  log: InspectedLog,
  fromOffset?: number,
): AsyncGenerator<readonly Walked[]> {
  const { disk, placeOf } = inspection;
  const walk = new LogWalk(disk, log, { placeOf, ...(fromOffset === undefined ? {} : { fromOffset }) });
  try {
    for (;;) {
      const items = await new Promise<readonly Walked[] | null>((done) => walk.next(done));
      if (items === null) return;
      yield items;
    }
  } finally {
    await new Promise<void>((done) => walk.close(done));
  }
}

/** What can be read of the metadata log; a damaged part costs the names in it. */
async function topicNames(inspection: Inspection): Promise<ReadonlyMap<string, string>> {
  const names = new Map([[METADATA_TOPIC_ID, METADATA_TOPIC_NAME]]);
  const log = inspection.logs.find(({ key }) => key.topicId === METADATA_TOPIC_ID);
  if (log === undefined) return names;
  for await (const items of walked(inspection, log)) {
    for (const item of items) {
      if (item.kind !== 'entry' || item.entry.kind !== EntryKind.batch) continue;
      for (const [topicId, name] of topicsIn(item.entry.bytes)) names.set(topicId, name);
    }
  }
  return names;
}

function topicsIn(batch: Buffer): readonly (readonly [string, string])[] {
  const topics: (readonly [string, string])[] = [];
  try {
    for (const at of batchPositions(batch)) {
      for (const { value } of recordsOf(batch, at)) {
        if (value === null) continue;
        const record = decodeMetadataRecord(value);
        if (record.name === 'TopicRecord') topics.push([record.value.topicId, record.value.name]);
      }
    }
  } catch {
    // A record of another version, or none: it has no name for us.
  }
  return topics;
}

/** `NAME-PARTITION`, with the id where the metadata log has no name. */
export function logName(
  names: ReadonlyMap<string, string>,
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
): string {
  return `${names.get(topicId) ?? topicId}-${partition}`;
}
