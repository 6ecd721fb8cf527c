/**
 * What goes wrong with a simulated disk, and how often. Rates are per operation; a run draws its own (swarm testing),
 * tests script single faults with `failNext`.
 */
import type { DiskErrorCode } from '../../storage/disk';

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'makeDirectory'
  | 'list'
  | 'rename'
  | 'remove'
  | 'syncDirectory';

/** Against the latency of a read. */
export const LATENCY_FACTOR: Readonly<Record<DiskOperation, number>> = {
  open: 1,
  read: 1,
  write: 0.6,
  sync: 3,
  truncate: 1,
  size: 0.3,
  close: 0.3,
  makeDirectory: 1,
  list: 1,
  rename: 1,
  remove: 1,
  syncDirectory: 3,
};

/** What traces call an operation. */
export const OPERATION_NUMBER = new Map(Object.keys(LATENCY_FACTOR).map((name, number) => [name, number]));

export interface DiskFaults {
  readErrorRate: number;
  writeErrorRate: number;
  syncErrorRate: number;
  /** An operation that takes a hundred times its usual time. */
  slowRate: number;
  /** Mean latency of a read; the other operations scale with it. Milliseconds. */
  latencyMs: number;
  /** Space of the whole disk in bytes; more than is used, or ENOSPC. May be raised and lowered at any time. */
  spaceSizeBytes: number;
  /** The next operations that fail, first match first; each entry is used once. */
  readonly failNext: {
    readonly operation: DiskOperation;
    readonly path: RegExp;
    readonly code: DiskErrorCode;
  }[];
}

export function noDiskFaults(): DiskFaults {
  return {
    readErrorRate: 0,
    writeErrorRate: 0,
    syncErrorRate: 0,
    slowRate: 0,
    latencyMs: 0.1,
    spaceSizeBytes: Number.POSITIVE_INFINITY,
    failNext: [],
  };
}

/** What a disk did over all its lives; crashes pass the object on. */
export interface DiskStatistics {
  reads: number;
  writes: number;
  directWrites: number;
  syncs: number;
  directorySyncs: number;
  powerCuts: number;
  processDeaths: number;
  lostSectors: number;
  tornPages: number;
  lostSizes: number;
  lostNames: number;
  tornInFlight: number;
  readErrors: number;
  writeErrors: number;
  syncErrors: number;
  fullErrors: number;
  slowOperations: number;
  flippedBits: number;
  zeroedSectors: number;
  lostFiles: number;
}

export function noDiskStatistics(): DiskStatistics {
  return {
    reads: 0,
    writes: 0,
    directWrites: 0,
    syncs: 0,
    directorySyncs: 0,
    powerCuts: 0,
    processDeaths: 0,
    lostSectors: 0,
    tornPages: 0,
    lostSizes: 0,
    lostNames: 0,
    tornInFlight: 0,
    readErrors: 0,
    writeErrors: 0,
    syncErrors: 0,
    fullErrors: 0,
    slowOperations: 0,
    flippedBits: 0,
    zeroedSectors: 0,
    lostFiles: 0,
  };
}
