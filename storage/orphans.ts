/**
 * Files that no log names: made by a group that was cut, or dropped just before a crash. Removed one after the other
 * while the store is in use already; new files have generations that this never looks at.
 */
import type { Disk } from './disk';
import type { Store } from './store';

export function removeOrphans(disk: Disk, store: Store): void {
  const limit = store.nextSegmentGeneration;
  const live = new Set<string>();
  for (const log of store.liveLogs()) {
    for (const segment of log.segments) live.add(segment.dataPath).add(segment.rowsPath);
  }
  const isOrphan = (path: string, name: string): boolean => {
    const generation = /^(\d{10})\.(data|rows)$/.exec(name)?.[1];
    return generation !== undefined && Number(generation) < limit && !live.has(path);
  };
  disk.list('logs', (error, directories) => {
    if (error !== null) return;
    const nextDirectory = (number: number): void => {
      const directory = directories[number];
      if (directory === undefined || store.isClosed) return;
      disk.list(`logs/${directory}`, (listError, names) => {
        const paths =
          listError === null ? names.filter((name) => isOrphan(`logs/${directory}/${name}`, name)) : [];
        const nextFile = (at: number): void => {
          const name = paths[at];
          if (name === undefined || store.isClosed) return nextDirectory(number + 1);
          disk.remove(`logs/${directory}/${name}`, () => nextFile(at + 1));
        };
        nextFile(0);
      });
    };
    nextDirectory(0);
  });
}
