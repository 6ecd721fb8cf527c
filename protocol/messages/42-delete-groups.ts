import {
  array,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** DeleteGroups (key 42): delete empty groups with their positions (KIP-229). v3 is newer than Kafka 4.3. */
export const DeleteGroupsRequest = message({
  name: 'DeleteGroupsRequest',
  apiKey: 42,
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    groupsNames: array(string),
  },
});
export type DeleteGroupsRequest = ValueOf<typeof DeleteGroupsRequest>;

/** One result per group. v3 carries a message. */
export const DeleteGroupsResponse = message({
  name: 'DeleteGroupsResponse',
  apiKey: 42,
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        groupId: string,
        errorCode: int16,
        errorMessage: since(3, nullable(string), null),
      }),
    ),
  },
});
export type DeleteGroupsResponse = ValueOf<typeof DeleteGroupsResponse>;
