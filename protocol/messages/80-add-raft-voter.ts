import {
  array,
  bool,
  int16,
  int32,
  message,
  nullable,
  since,
  string,
  struct,
  uint16,
  uuid,
  type ValueOf,
  withDefault,
} from '../schema';

/**
 * AddRaftVoter (key 80): a replica of the metadata log becomes a voter (KIP-853). v1 can answer before the
 * change is committed (KIP-1186).
 */
export const AddRaftVoterRequest = message({
  name: 'AddRaftVoterRequest',
  apiKey: 80,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array(
      struct({
        name: string,
        host: string,
        port: uint16,
      }),
    ),
    ackWhenCommitted: since(1, bool, true), // false: answer once the change is in the log
  },
});
export type AddRaftVoterRequest = ValueOf<typeof AddRaftVoterRequest>;

/** Whether it is one. */
export const AddRaftVoterResponse = message({
  name: 'AddRaftVoterResponse',
  apiKey: 80,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
  },
});
export type AddRaftVoterResponse = ValueOf<typeof AddRaftVoterResponse>;
