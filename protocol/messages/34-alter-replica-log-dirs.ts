import { array, int16, int32, message, string, struct, type ValueOf, withDefault } from '../schema';

/**
 * AlterReplicaLogDirs (key 34): move replicas between log directories of the broker that is asked
 * (KIP-113).
 */
export const AlterReplicaLogDirsRequest = message({
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    dirs: array(
      struct({
        path: string,
        topics: array(
          struct({
            name: string,
            partitions: array(int32),
          }),
        ),
      }),
    ),
  },
});
export type AlterReplicaLogDirsRequest = ValueOf<typeof AlterReplicaLogDirsRequest>;

/** One result per partition. */
export const AlterReplicaLogDirsResponse = message({
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        topicName: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
});
export type AlterReplicaLogDirsResponse = ValueOf<typeof AlterReplicaLogDirsResponse>;
