import {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import { clusterOperations } from './authorized-operations';
import type { Handler } from './handler';
import { reachableBrokers } from './topics';

type Response = InputOf<typeof DescribeClusterResponse>;

const brokerEndpoints = 1;
const controllerEndpoints = 2;

/**
 * DescribeCluster: v0-2.
 *
 * Behaviour: brokers of the client's listener; a question for controller endpoints on a broker listener is
 * MISMATCHED_ENDPOINT_TYPE, any other type UNSUPPORTED_ENDPOINT_TYPE (21).
 * Versions: v1 endpoint type; v2 fenced brokers.
 */
export const describeCluster: Handler<DescribeClusterRequest, Response> = {
  apiKey: 60,
  handle(request, context) {
    const { endpointType } = request;
    if (endpointType === controllerEndpoints) {
      return { response: describeCluster.refuse(request, ErrorCode.MISMATCHED_ENDPOINT_TYPE, context) };
    }
    if (endpointType !== brokerEndpoints) {
      return { response: describeCluster.refuse(request, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, context) };
    }
    const brokers = reachableBrokers(context, request.includeFencedBrokers);
    return {
      response: {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        clusterId: context.broker.metadata.image.clusterId,
        controllerId: context.broker.nodeId,
        brokers: brokers.map(({ broker, host, port }) => ({
          brokerId: broker.id,
          host,
          port,
          rack: broker.rack,
          isFenced: broker.isFenced,
        })),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? clusterOperations
          : undefined,
      },
    };
  },
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: endpointMessage(errorCode, request.endpointType),
    clusterId: '',
    brokers: [],
  }),
};

function endpointMessage(errorCode: number, endpointType: number): string | null {
  if (errorCode === ErrorCode.MISMATCHED_ENDPOINT_TYPE)
    return 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER';
  if (errorCode === ErrorCode.UNSUPPORTED_ENDPOINT_TYPE) return `Unsupported endpoint type ${endpointType}`;
  return null;
}
