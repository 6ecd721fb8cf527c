import { bytes, clientInt64, int16, int32, int64, message, type ValueOf, withDefault } from '../schema';

/** ExpireDelegationToken (key 40): end a token earlier, a negative period at once (KIP-48). */
export const ExpireDelegationTokenRequest = message({
  name: 'ExpireDelegationTokenRequest',
  apiKey: 40,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    hmac: bytes,
    expiryTimePeriodMs: clientInt64,
  },
});
export type ExpireDelegationTokenRequest = ValueOf<typeof ExpireDelegationTokenRequest>;

/** When it ends now. */
export const ExpireDelegationTokenResponse = message({
  name: 'ExpireDelegationTokenResponse',
  apiKey: 40,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: withDefault(int32, 0),
  },
});
export type ExpireDelegationTokenResponse = ValueOf<typeof ExpireDelegationTokenResponse>;
