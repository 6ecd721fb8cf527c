import {
  array,
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

/**
 * DescribeUserScramCredentials (key 50): which SCRAM mechanisms users have (KIP-554); null or empty means
 * all users.
 */
export const DescribeUserScramCredentialsRequest = message({
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    users: nullable(
      array(
        struct({
          name: string,
        }),
      ),
    ),
  },
});
export type DescribeUserScramCredentialsRequest = ValueOf<typeof DescribeUserScramCredentialsRequest>;

/** Mechanisms and iterations, never a secret. */
export const DescribeUserScramCredentialsResponse = message({
  name: 'DescribeUserScramCredentialsResponse',
  apiKey: 50,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
    results: array(
      struct({
        user: string,
        errorCode: int16,
        errorMessage: nullable(string),
        credentialInfos: array(
          struct({
            mechanism: int8, // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
            iterations: int32,
          }),
        ),
      }),
    ),
  },
});
export type DescribeUserScramCredentialsResponse = ValueOf<typeof DescribeUserScramCredentialsResponse>;
