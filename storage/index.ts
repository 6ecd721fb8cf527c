/** The door of `storage/`: all that other folders may import. */
export * from './batch';
export * from './compression';
export * from './compression-error';
export * from './crc32c';
export * from './disk';
export { MemoryDisk } from './disk-memory';
export { nodeDisk } from './disk-node';
export * from './errors';
export {
  type InspectedJournal,
  type Inspection,
  inspectDirectory,
  NoStoreError,
} from './inspect';
export type { Damage } from './inspect-damage';
export {
  lostText,
  type StrayFiles,
  strayFiles,
  type VerifiedLog,
  type VerifyOptions,
  verifyLog,
} from './inspect-verify';
export { LogWalk, type Walked, type WalkedDamage, type WalkedEntry } from './inspect-walk';
export type { LeaderEpoch } from './leader-epochs';
export { openLogStore } from './log-store';
export * from './producer-entry';
export * from './producer-snapshot';
export { decodeProducerExpiry, encodeProducerExpiry, SnapshotFormatError } from './producer-snapshot';
export * from './producer-state';
export * from './record-build';
export * from './records';
export * from './transaction-index';
export * from './types';
export * from './validate';
export * from './validate-errors';
