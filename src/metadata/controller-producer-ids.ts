/** Blocks of producer ids (KIP-730): a broker takes ids from its block without asking anybody. */
import type { ControllerOutcome, ControllerState } from './controller-state';

export const PRODUCER_ID_BLOCK_SIZE = 1000;

export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly size: number;
}

/** The block is the requester's for ever: ids that it does not use before it stops are never given out. */
export function allocateProducerIdBlock(
  state: ControllerState,
  brokerId: number,
  brokerEpoch: number,
): ControllerOutcome<ProducerIdBlock> {
  const firstProducerId = state.nextProducerId;
  const nextProducerId = firstProducerId + PRODUCER_ID_BLOCK_SIZE;
  return {
    records: [{ kind: 'producer-ids', brokerId, brokerEpoch, nextProducerId }],
    response: { firstProducerId, size: PRODUCER_ID_BLOCK_SIZE },
  };
}
