/** What the controller's operations read and give back. They are pure: same state, request and draws, same records. */
import type { BrokerConfig } from '../config/broker-config';
import type { Random } from '../host';
import type { ClusterImage } from './image';
import type { MetadataRecord } from './records';

/** Everything as of the last appended record, committed or not: the next operation must not repeat a name or a block. */
export interface ControllerState {
  readonly image: ClusterImage;
  /** First id of the next block of producer ids. */
  readonly nextProducerId: number;
  /** Collision key (topic-names.ts) -> names of existing topics that have it. */
  readonly namesByCollisionKey: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface ControllerContext {
  readonly config: BrokerConfig;
  readonly random: Random;
}

/** An Outcome (replicated/machine.ts) whose records are still values: what tests compare. */
export interface ControllerOutcome<Response> {
  readonly records: readonly MetadataRecord[];
  readonly response: Response;
}
