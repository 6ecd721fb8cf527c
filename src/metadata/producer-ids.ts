/** A broker's stock of producer ids: one block in use, the next one fetched before the first is empty. */
import { ErrorCode } from '../../protocol';
import type { OperationResult } from '../replicated/machine';
import type { ProducerIdBlock } from './controller-producer-ids';

/** Ids left at which the next block is asked for: at 50 new producers per turn there is still one turn in hand. */
const REFILL_AT = 100;

export interface ProducerIdResult {
  readonly errorCode: ErrorCode;
  /** -1 on error. */
  readonly producerId: number;
}

type RequestBlock = (done: (result: OperationResult<ProducerIdBlock>) => void) => void;

export class ProducerIdStock {
  readonly #requestBlock: RequestBlock;
  #nextId = 0;
  #endId = 0;
  #following: ProducerIdBlock | null = null;
  #isRequested = false;
  readonly #waiting: ((result: ProducerIdResult) => void)[] = [];

  constructor(requestBlock: RequestBlock) {
    this.#requestBlock = requestBlock;
  }

  take(done: (result: ProducerIdResult) => void): void {
    this.#waiting.push(done);
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#nextId === this.#endId && !this.#startFollowing()) break;
      this.#waiting.shift()!({ errorCode: ErrorCode.NONE, producerId: this.#nextId++ });
    }
    if (this.#endId - this.#nextId <= REFILL_AT && this.#following === null) this.#request();
  }

  #startFollowing(): boolean {
    if (this.#following === null) return false;
    const { firstProducerId, size } = this.#following;
    this.#following = null;
    this.#nextId = firstProducerId;
    this.#endId = firstProducerId + size;
    return true;
  }

  #request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.#requestBlock(({ refused, response }) => {
      this.#isRequested = false;
      if (refused === null) {
        this.#following = response;
        this.#serve();
        return;
      }
      // Clients retry this one; NOT_CONTROLLER would send them looking for another broker in vain.
      for (const done of this.#waiting.splice(0)) {
        done({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 });
      }
    });
  }
}
