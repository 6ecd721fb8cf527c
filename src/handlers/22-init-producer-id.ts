import {
  asProducerId,
  ErrorCode,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  type InputOf,
} from '../../protocol';
import type { Handler } from './handler';

type Response = InputOf<typeof InitProducerIdResponse>;

/**
 * InitProducerId: v0-5.
 *
 * Behaviour: an idempotent producer gets a fresh id at epoch 0 (75). A transactional id gets a fatal error: transactions
 * are not served yet, and a retriable one would keep the client waiting for ever.
 * Versions: v3 the id and epoch that are to be bumped (KIP-360); v4 PRODUCER_FENCED.
 */
export const initProducerId: Handler<InitProducerIdRequest, Response> = {
  apiKey: 22,
  handle(request, context) {
    if (request.transactionalId === '') {
      return { response: initProducerId.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    if (request.transactionalId !== null) {
      context.broker.logger.warn(
        `Refusing transactional id ${JSON.stringify(request.transactionalId)} of client ${JSON.stringify(context.header.clientId)}: transactions are not served`,
      );
      const response = initProducerId.refuse(
        request,
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        context,
      );
      return { response };
    }
    const producerId = asProducerId(request.producerId);
    if ((producerId === -1) !== (request.producerEpoch === -1)) {
      return { response: initProducerId.refuse(request, ErrorCode.INVALID_REQUEST, context) };
    }
    return {
      response: new Promise((fulfil) => {
        context.broker.metadata.allocateProducerId(({ errorCode, producerId: allocated }) => {
          const producerEpoch = errorCode === ErrorCode.NONE ? 0 : -1;
          fulfil({ throttleTimeMs: 0, errorCode, producerId: allocated, producerEpoch });
        });
      }),
    };
  },
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 }),
};
