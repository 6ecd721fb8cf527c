import {
  array,
  bytes,
  int8,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  type ValueOf,
  withDefault,
} from '../schema';

/** AlterUserScramCredentials (key 51): set and delete SCRAM credentials (KIP-554). */
export const AlterUserScramCredentialsRequest = message({
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    deletions: array(
      struct({
        name: string,
        mechanism: int8, // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
      }),
    ),
    upsertions: array(
      struct({
        name: string,
        mechanism: int8, // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
        iterations: int32,
        salt: bytes,
        saltedPassword: bytes,
      }),
    ),
  },
});
export type AlterUserScramCredentialsRequest = ValueOf<typeof AlterUserScramCredentialsRequest>;

/** One result per user. */
export const AlterUserScramCredentialsResponse = message({
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    results: array(
      struct({
        user: string,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
    ),
  },
});
export type AlterUserScramCredentialsResponse = ValueOf<typeof AlterUserScramCredentialsResponse>;
