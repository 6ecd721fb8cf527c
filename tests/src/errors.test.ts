import { errorName } from '../../protocol';
import { isStorageRefusal, proposalErrorCode, storageErrorCode } from '../../src/errors';
import {
  CorruptEntryError,
  DiskError,
  DiskFullError,
  OffsetOutOfRangeError,
  StorageFailedError,
} from '../../storage';

const full = new DiskError('ENOSPC', 'write', 'journal-0');

// A client that is told a fault of the disk must ask again elsewhere, and never take its own offset for the culprit.
test('only an offset outside the log is the fault of the offset', () => {
  const errors = [
    new OffsetOutOfRangeError(7, 0, 5),
    new CorruptEntryError('1.data', 61, 'checksum'),
    full,
    new DiskFullError(full),
    new StorageFailedError('gone'),
  ];
  expect(errors.map((error) => errorName(storageErrorCode(error)))).toEqual([
    'OFFSET_OUT_OF_RANGE',
    'KAFKA_STORAGE_ERROR',
    'KAFKA_STORAGE_ERROR',
    'KAFKA_STORAGE_ERROR',
    'KAFKA_STORAGE_ERROR',
  ]);
});

test('refused proposals are retriable', () => {
  const refusals = ['not-leader', 'leadership-transfer', 'uncommitted-limit'] as const;
  expect(refusals.map((refusal) => errorName(proposalErrorCode(refusal)))).toEqual([
    'NOT_LEADER_OR_FOLLOWER',
    'NOT_LEADER_OR_FOLLOWER',
    'NOT_ENOUGH_REPLICAS',
  ]);
});

// A broken invariant must end the process; taking it for a bad disk would hide it behind a retriable answer.
test('a refusing disk is told apart from a mistake of ours', () => {
  const errors = [
    full,
    new DiskFullError(full),
    new StorageFailedError('gone'),
    new Error('assertion'),
    'text',
  ];
  expect(errors.map(isStorageRefusal)).toEqual([true, true, true, false, false]);
});
