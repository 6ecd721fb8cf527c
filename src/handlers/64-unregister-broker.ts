import {
  ErrorCode,
  type InputOf,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof UnregisterBrokerResponse>;

/**
 * UnregisterBroker: v0.
 *
 * Behaviour: forgets a broker that is gone for good; one that nobody knows is BROKER_ID_NOT_REGISTERED. The broker that
 * answers is alive, and the only one there is: it stays. Kafka takes itself out, and serves nobody until it is restarted.
 */
export const unregisterBroker: Handler<UnregisterBrokerRequest, Response> = {
  apiKey: 64,
  handle({ brokerId }, { broker }) {
    if (!broker.metadata.image.brokers.has(brokerId)) {
      return {
        response: {
          errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED,
          errorMessage: `No broker ${brokerId} is registered.`,
        },
      };
    }
    return {
      response: {
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: `Broker ${brokerId} is alive: only a broker that is gone can be unregistered.`,
      },
    };
  },
  refuse: (_request, errorCode) => ({ errorCode, errorMessage: null }),
};
