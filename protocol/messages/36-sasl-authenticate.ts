import { bytes, int16, int64, message, nullable, since, string, type ValueOf } from '../schema';

/** SaslAuthenticate (key 36): one token of a SASL exchange (KIP-152). */
export const SaslAuthenticateRequest = message({
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    authBytes: bytes,
  },
});
export type SaslAuthenticateRequest = ValueOf<typeof SaslAuthenticateRequest>;

/** The answer of the mechanism. v1 how long the session lasts (KIP-368). */
export const SaslAuthenticateResponse = message({
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16,
    errorMessage: nullable(string),
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64, 0), // 0: without an end
  },
});
export type SaslAuthenticateResponse = ValueOf<typeof SaslAuthenticateResponse>;
