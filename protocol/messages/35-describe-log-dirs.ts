import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DescribeLogDirs (key 35): what lies in the log directories (KIP-113); null topics mean all of them. */
export const DescribeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: [1, 5],
  flexibleFrom: 2,
  fields: {
    topics: nullable(
      array(
        struct({
          topic: string,
          partitions: array(int32),
        }),
      ),
    ),
  },
});
export type DescribeLogDirsRequest = ValueOf<typeof DescribeLogDirsRequest>;

/**
 * Sizes per directory and partition. v3 an error for the whole answer; v4 size and free space of the volume
 * (KIP-827); v5 whether a directory takes no more partitions (KIP-1066).
 */
export const DescribeLogDirsResponse = message({
  name: 'DescribeLogDirsResponse',
  apiKey: 35,
  versions: [1, 5],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: since(3, int16, 0),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({
                partitionIndex: int32,
                partitionSize: int64,
                offsetLag: int64, // how far behind the high watermark, or the replica it will replace
                isFutureKey: bool, // being filled, to replace the replica in another directory
              }),
            ),
          }),
        ),
        totalBytes: since(4, int64, -1), // -1: not known
        usableBytes: since(4, int64, -1), // -1: not known
        isCordoned: since(5, bool, false),
      }),
    ),
  },
});
export type DescribeLogDirsResponse = ValueOf<typeof DescribeLogDirsResponse>;
