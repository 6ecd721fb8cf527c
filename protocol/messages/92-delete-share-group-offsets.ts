import {
  array,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/** DeleteShareGroupOffsets (key 92): a share group forgets topics (KIP-932). */
export const DeleteShareGroupOffsetsRequest = message({
  name: 'DeleteShareGroupOffsetsRequest',
  apiKey: 92,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string,
    topics: array(
      struct({
        topicName: string,
      }),
    ),
  },
});
export type DeleteShareGroupOffsetsRequest = ValueOf<typeof DeleteShareGroupOffsetsRequest>;

/** One result per topic. */
export const DeleteShareGroupOffsetsResponse = message({
  name: 'DeleteShareGroupOffsetsResponse',
  apiKey: 92,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: withDefault(nullable(string), null),
    responses: array(
      struct({
        topicName: string,
        topicId: uuid,
        errorCode: int16,
        errorMessage: withDefault(nullable(string), null),
      }),
    ),
  },
});
export type DeleteShareGroupOffsetsResponse = ValueOf<typeof DeleteShareGroupOffsetsResponse>;
