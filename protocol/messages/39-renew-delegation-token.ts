import { bytes, clientInt64, int16, int32, int64, message, type ValueOf, withDefault } from '../schema';

/** RenewDelegationToken (key 39): put off the end of a token (KIP-48). */
export const RenewDelegationTokenRequest = message({
  name: 'RenewDelegationTokenRequest',
  apiKey: 39,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    hmac: bytes,
    renewPeriodMs: clientInt64, // -1: as the broker is set
  },
});
export type RenewDelegationTokenRequest = ValueOf<typeof RenewDelegationTokenRequest>;

/** When it ends now. */
export const RenewDelegationTokenResponse = message({
  name: 'RenewDelegationTokenResponse',
  apiKey: 39,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: withDefault(int32, 0),
  },
});
export type RenewDelegationTokenResponse = ValueOf<typeof RenewDelegationTokenResponse>;
