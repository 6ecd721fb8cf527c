import { int16, int32, message, nullable, string, uuid, type ValueOf, withDefault } from '../schema';

/** RemoveRaftVoter (key 81): a replica of the metadata log votes no more (KIP-853). */
export const RemoveRaftVoterRequest = message({
  name: 'RemoveRaftVoterRequest',
  apiKey: 81,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string),
    voterId: int32,
    voterDirectoryId: uuid,
  },
});
export type RemoveRaftVoterRequest = ValueOf<typeof RemoveRaftVoterRequest>;

/** Whether it is gone. */
export const RemoveRaftVoterResponse = message({
  name: 'RemoveRaftVoterResponse',
  apiKey: 81,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
  },
});
export type RemoveRaftVoterResponse = ValueOf<typeof RemoveRaftVoterResponse>;
