/** Whole small files: identity, manifest, clean mark. */
import type { Disk, DiskError, Done } from './disk';

/** All bytes of a file. */
export function readSmallFile(disk: Disk, path: string, done: Done<Buffer>): void {
  const none = Buffer.alloc(0);
  disk.open(path, { create: 'never' }, (openError, file) => {
    if (openError !== null) return done(openError, none);
    const finish = (error: DiskError | null, bytes: Buffer): void => file.close(() => done(error, bytes));
    file.size((sizeError, sizeBytes) => {
      if (sizeError !== null) return finish(sizeError, none);
      const bytes = Buffer.allocUnsafe(sizeBytes);
      file.read(0, bytes, (error, count) => finish(error, bytes.subarray(0, count)));
    });
  });
}

/**
 * Replaces `path` by `bytes`, all or nothing: written to `temporaryPath`, synced, renamed, the name synced. Both are
 * names in the root.
 */
export function replaceSmallFile(
  disk: Disk,
  paths: { readonly path: string; readonly temporaryPath: string },
  bytes: Buffer,
  done: Done,
): void {
  disk.open(paths.temporaryPath, { create: 'if-missing' }, (openError, file) => {
    if (openError !== null) return done(openError);
    const failed = (error: DiskError): void => file.close(() => done(error));
    file.truncate(0, (truncateError) => {
      if (truncateError !== null) return failed(truncateError);
      file.write(0, [bytes], (writeError) => {
        if (writeError !== null) return failed(writeError);
        file.sync((syncError) => {
          if (syncError !== null) return failed(syncError);
          file.close(() => {
            disk.rename(paths.temporaryPath, paths.path, (renameError) => {
              if (renameError !== null) return done(renameError);
              disk.syncDirectory('', done);
            });
          });
        });
      });
    });
  });
}

/** Removes a file if it is there and makes that durable. */
export function removeSmallFile(disk: Disk, path: string, done: Done): void {
  disk.remove(path, (error) => {
    if (error !== null && error.code !== 'ENOENT') return done(error);
    disk.syncDirectory('', done);
  });
}
