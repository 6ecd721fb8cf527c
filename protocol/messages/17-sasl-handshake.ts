import { array, int16, message, string, type ValueOf } from '../schema';

/**
 * SaslHandshake (key 17): choose a SASL mechanism. After v1 the tokens travel in SaslAuthenticate
 * (KIP-152), after v0 bare.
 */
export const SaslHandshakeRequest = message({
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: [0, 1],
  fields: {
    mechanism: string,
  },
});
export type SaslHandshakeRequest = ValueOf<typeof SaslHandshakeRequest>;

/** The mechanisms that this listener has. */
export const SaslHandshakeResponse = message({
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: [0, 1],
  fields: {
    errorCode: int16,
    mechanisms: array(string),
  },
});
export type SaslHandshakeResponse = ValueOf<typeof SaslHandshakeResponse>;
