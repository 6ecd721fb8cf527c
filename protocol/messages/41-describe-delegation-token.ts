import {
  array,
  bytes,
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

/** DescribeDelegationToken (key 41): tokens of the named owners, null for all (KIP-48). */
export const DescribeDelegationTokenRequest = message({
  name: 'DescribeDelegationTokenRequest',
  apiKey: 41,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    owners: nullable(
      array(
        struct({
          principalType: string,
          principalName: string,
        }),
      ),
    ),
  },
});
export type DescribeDelegationTokenRequest = ValueOf<typeof DescribeDelegationTokenRequest>;

/** The tokens. v3 who asked for them (KIP-373). */
export const DescribeDelegationTokenResponse = message({
  name: 'DescribeDelegationTokenResponse',
  apiKey: 41,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    errorCode: int16,
    tokens: array(
      struct({
        principalType: string,
        principalName: string,
        tokenRequesterPrincipalType: since(3, string, ''),
        tokenRequesterPrincipalName: since(3, string, ''),
        issueTimestamp: int64,
        expiryTimestamp: int64,
        maxTimestamp: int64,
        tokenId: string,
        hmac: bytes,
        renewers: array(
          struct({
            principalType: string,
            principalName: string,
          }),
        ),
      }),
    ),
    throttleTimeMs: withDefault(int32, 0),
  },
});
export type DescribeDelegationTokenResponse = ValueOf<typeof DescribeDelegationTokenResponse>;
