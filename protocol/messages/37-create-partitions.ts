import {
  array,
  bool,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * CreatePartitions (key 37): grow topics to a number of partitions (KIP-195). v3 tells a client that
 * refusals for quota are understood (KIP-599).
 */
export const CreatePartitionsRequest = message({
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    topics: array(
      struct({
        name: string,
        count: int32, // the new total
        // for the new partitions alone; null: the broker chooses
        assignments: nullable(
          array(
            struct({
              brokerIds: array(int32),
            }),
          ),
        ),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  },
});
export type CreatePartitionsRequest = ValueOf<typeof CreatePartitionsRequest>;

/** One result per topic. */
export const CreatePartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        name: string,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
      }),
    ),
  },
});
export type CreatePartitionsResponse = ValueOf<typeof CreatePartitionsResponse>;
