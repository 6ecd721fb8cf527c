import { array, bool, int8, int16, int32, message, string, uuid, type ValueOf, withDefault } from '../schema';

/**
 * GetTelemetrySubscriptions (key 71): what the broker wants to know of a client (KIP-714). Kafka lists it
 * only with a receiver for it.
 */
export const GetTelemetrySubscriptionsRequest = message({
  name: 'GetTelemetrySubscriptionsRequest',
  apiKey: 71,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clientInstanceId: uuid, // zero: give me one
  },
});
export type GetTelemetrySubscriptionsRequest = ValueOf<typeof GetTelemetrySubscriptionsRequest>;

/** The metrics to push and how often. */
export const GetTelemetrySubscriptionsResponse = message({
  name: 'GetTelemetrySubscriptionsResponse',
  apiKey: 71,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: withDefault(int32, 0),
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: bool,
    requestedMetrics: array(string),
  },
});
export type GetTelemetrySubscriptionsResponse = ValueOf<typeof GetTelemetrySubscriptionsResponse>;
