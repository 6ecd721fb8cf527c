import { int16, int32, message, nullable, string, type ValueOf, withDefault } from '../schema';

/** UnregisterBroker (key 64): forget a broker that is gone for good (KIP-500). */
export const UnregisterBrokerRequest = message({
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32,
  },
});
export type UnregisterBrokerRequest = ValueOf<typeof UnregisterBrokerRequest>;

/** Whether it is forgotten. */
export const UnregisterBrokerResponse = message({
  name: 'UnregisterBrokerResponse',
  apiKey: 64,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
  },
});
export type UnregisterBrokerResponse = ValueOf<typeof UnregisterBrokerResponse>;
