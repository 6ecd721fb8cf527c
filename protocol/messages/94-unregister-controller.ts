import { int16, int32, message, nullable, string, type ValueOf, withDefault } from '../schema';

/** UnregisterController (key 94): forget a controller that is gone for good. Newer than Kafka 4.3. */
export const UnregisterControllerRequest = message({
  name: 'UnregisterControllerRequest',
  apiKey: 94,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    controllerId: int32,
  },
});
export type UnregisterControllerRequest = ValueOf<typeof UnregisterControllerRequest>;

/** Whether it is forgotten. */
export const UnregisterControllerResponse = message({
  name: 'UnregisterControllerResponse',
  apiKey: 94,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    errorMessage: nullable(string),
  },
});
export type UnregisterControllerResponse = ValueOf<typeof UnregisterControllerResponse>;
