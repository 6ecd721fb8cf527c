import { bool, bytes, int8, int16, int32, message, uuid, type ValueOf, withDefault } from '../schema';

/** PushTelemetry (key 72): metrics of a client, as OpenTelemetry writes them (KIP-714). */
export const PushTelemetryRequest = message({
  name: 'PushTelemetryRequest',
  apiKey: 72,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: bool, // the last push of this client
    compressionType: int8,
    metrics: bytes,
  },
});
export type PushTelemetryRequest = ValueOf<typeof PushTelemetryRequest>;

/** Whether they were taken. */
export const PushTelemetryResponse = message({
  name: 'PushTelemetryResponse',
  apiKey: 72,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
  },
});
export type PushTelemetryResponse = ValueOf<typeof PushTelemetryResponse>;
