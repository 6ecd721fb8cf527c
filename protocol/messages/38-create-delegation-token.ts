import {
  array,
  bytes,
  clientInt64,
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

/**
 * CreateDelegationToken (key 38): a token that others may authenticate with (KIP-48). v3 on behalf of
 * another owner (KIP-373).
 */
export const CreateDelegationTokenRequest = message({
  name: 'CreateDelegationTokenRequest',
  apiKey: 38,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    ownerPrincipalType: since(3, nullable(string), null),
    ownerPrincipalName: since(3, nullable(string), null),
    renewers: array(
      struct({
        principalType: string,
        principalName: string,
      }),
    ),
    maxLifetimeMs: clientInt64, // -1: as the broker is set
  },
});
export type CreateDelegationTokenRequest = ValueOf<typeof CreateDelegationTokenRequest>;

/** The token. v3 who asked for it (KIP-373). */
export const CreateDelegationTokenResponse = message({
  name: 'CreateDelegationTokenResponse',
  apiKey: 38,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: since(3, string, ''),
    tokenRequesterPrincipalName: since(3, string, ''),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: withDefault(int32, 0),
  },
});
export type CreateDelegationTokenResponse = ValueOf<typeof CreateDelegationTokenResponse>;
