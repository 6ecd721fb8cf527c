/** What every replica of a broker shares. */
import type { RaftConfig, ReplicaId } from '../../raft';
import type { LogStore } from '../../storage';
import type { Host } from '../host';
import type { Logger } from '../telemetry';
import type { DeadlineWheel } from './deadlines';
import type { PartitionDriver } from './driver';

export interface ReplicaContext {
  /** This broker: node id and the incarnation of its data directory. */
  readonly self: ReplicaId;
  readonly host: Host;
  readonly store: LogStore;
  readonly driver: PartitionDriver;
  readonly wheel: DeadlineWheel;
  readonly raftConfig: RaftConfig;
  /** Bytes of entries, over all partitions, that may wait for their commit; beyond it appends are refused. */
  readonly uncommittedSizeBytesMax: number;
  readonly logger: Logger;
}

export const defaultRaftConfig: RaftConfig = {
  electionTicks: 10,
  heartbeatTicks: 1,
  appendSizeBytesMax: 1 << 20,
  inflightMessagesMax: 16,
  // Above `queued.request.bytes`: a client of one partition is held back by its socket long before it is refused.
  uncommittedSizeBytesMax: 256 << 20,
  tailSizeBytesMax: 1 << 20,
};
