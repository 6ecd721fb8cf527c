/** What those who look at a directory say about what is wrong in it. */
import type { Slab } from './arena';
import type { DiskError } from './disk';
import type { LogKey } from './types';

/** One place that is not as it was written, and what nobody has any more because of it. */
export interface Damage {
  readonly file: string;
  readonly position: number;
  readonly reason: string;
  /** null: more than one log, or none. */
  readonly log: LogKey | null;
  /** For people, after "lost: ". */
  readonly lost: string;
}

/** Where bytes stand that recovery has in memory. */
export type FindPlace = (slab: Slab, at: number) => { readonly file: string; readonly position: number };

export const MISSING = 'the file is missing';

/** What a failed read of a file says about it. */
export const reasonOf = (error: DiskError): string =>
  error.code === 'ENOENT' ? MISSING : `it cannot be read (${error.message})`;
