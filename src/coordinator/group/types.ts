/**
 * The door of the group coordinator: what handlers, the admin port and the command line ask of it.
 *
 * Every call answers exactly once through `done`, in Kafka's error codes, and may do so before it returns. An answer is
 * given when what it promises is committed. All of them say NOT_COORDINATOR (this node does not lead the group's
 * partition of `__consumer_offsets`, or there is no such topic yet), COORDINATOR_LOAD_IN_PROGRESS (it does, and is
 * reading it), COORDINATOR_NOT_AVAILABLE (the log takes no records now, or the broker stops) and INVALID_GROUP_ID.
 *
 * Not checked here, because the handler knows it: authorization, topic ids, whether partitions exist.
 * Buffers of a request are copied when they are kept; buffers of an answer must not be written to.
 */
import type { ErrorCode } from '../../../protocol';

/** A request that may wait for other members. */
export interface ParkedRequest {
  /**
   * The client is gone: `done` is not called any more. The member stays, as in Kafka, until its session ends. No effect
   * once `done` has been called.
   */
  cancel(): void;
}

/** Who asks, as `kafka-consumer-groups --describe --members` shows it. */
export interface GroupClient {
  readonly clientId: string;
  /** In Kafka's form: an address with a slash before it, `/127.0.0.1`. */
  readonly clientHost: string;
}

export interface JoinGroup extends GroupClient {
  readonly groupId: string;
  /** Empty: new here. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  /** The preferred one first. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  readonly sessionTimeoutMs: number;
  /** -1 (version 0): the session timeout counts. */
  readonly rebalanceTimeoutMs: number;
  /** Version 4 and later: a new dynamic member is told its id first, with MEMBER_ID_REQUIRED (KIP-394). */
  readonly requiresKnownMemberId: boolean;
  /** Version 9 and later: a leader may be told that it need not assign (KIP-814). */
  readonly canSkipAssignment: boolean;
  readonly reason: string | null;
}

export interface JoinedGroup {
  readonly errorCode: ErrorCode;
  /** -1 on error. */
  readonly generationId: number;
  /** null on error. */
  readonly protocolType: string | null;
  /** null on error (an empty string below version 7). */
  readonly protocolName: string | null;
  /** Member id of the leader; empty on error. */
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** For the leader alone; empty for everybody else. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export interface SyncGroup {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** null (below version 5): not checked. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Of the leader; empty from everybody else. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncedGroup {
  readonly errorCode: ErrorCode;
  /** Both null on error. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Empty for a member that the leader left out. */
  readonly assignment: Buffer;
}

export interface GroupHeartbeat {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeaveGroup {
  readonly groupId: string;
  /** One with an empty reason and no instance below version 3. */
  readonly members: readonly {
    /** Empty: a static member, whatever its id. */
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly reason: string | null;
  }[];
}

export interface LeftGroup {
  /** Of the request as a whole; `members` is empty unless it is NONE. Below version 3 the one member's error counts. */
  readonly errorCode: ErrorCode;
  /** In the order of the request. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly errorCode: ErrorCode;
  }[];
}

export interface CommitOffsets {
  readonly groupId: string;
  /** -1: not a member. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Milliseconds for which the offsets are kept, whatever the broker is set to (versions 2-4); -1: as it is set. */
  readonly retentionTimeMs: number;
  /** Version 9 and later: a group that is not there is GROUP_ID_NOT_FOUND, before that ILLEGAL_GENERATION. */
  readonly canMissGroup: boolean;
  /** Only partitions that exist: the handler answers for the others. */
  readonly topics: readonly {
    readonly name: string;
    /** Kept with the positions; the zero id when it is not known. */
    readonly topicId: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly committedOffset: number;
      /** -1: not known. */
      readonly committedLeaderEpoch: number;
      readonly committedMetadata: string | null;
    }[];
  }[];
}

/** One result per topic and partition of the request, in its order; an error of the request is on every one. */
export interface CommittedOffsets {
  readonly topics: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: ErrorCode }[];
  }[];
}

export interface FetchOffsets {
  readonly groupId: string;
  /** null and -1 below version 9, and from everybody who is not a member of the consumer protocol. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
  /** UNSTABLE_OFFSET_COMMIT for partitions whose offset an open transaction may change (KIP-447). */
  readonly requireStable: boolean;
  /** null: all that the group has committed. */
  readonly topics:
    | readonly {
        readonly name: string;
        /** Positions of an earlier topic of that name are not found; the zero id, or none: not checked. */
        readonly topicId?: string | undefined;
        readonly partitionIndexes: readonly number[];
      }[]
    | null;
}

export interface FetchedOffsets {
  /** Of the group; `topics` is empty unless it is NONE. */
  readonly errorCode: ErrorCode;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      /** -1: none. */
      readonly committedOffset: number;
      readonly committedLeaderEpoch: number;
      readonly metadata: string;
      readonly errorCode: ErrorCode;
    }[];
  }[];
}

export interface DeleteOffsets {
  readonly groupId: string;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number }[];
  }[];
}

export interface DeletedOffsets {
  /** Of the request as a whole; `topics` is empty unless it is NONE. */
  readonly errorCode: ErrorCode;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: ErrorCode }[];
  }[];
}

/** As clients see them, in DescribeGroups and ListGroups. */
export type ClassicGroupState = 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Empty';

export interface DescribedGroup {
  /** GROUP_ID_NOT_FOUND for a group that is not there (below version 6: NONE, the state `Dead` says it). */
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly groupId: string;
  /** Empty when the coordinator is not here. */
  readonly groupState: ClassicGroupState | '';
  readonly protocolType: string;
  /** The chosen protocol; empty unless the group is stable. */
  readonly protocolData: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly clientId: string;
    readonly clientHost: string;
    /** Empty unless the group is stable. */
    readonly memberMetadata: Buffer;
    readonly memberAssignment: Buffer;
  }[];
}

export interface ListedGroups {
  /** COORDINATOR_LOAD_IN_PROGRESS while one of the partitions that are led here is being read. */
  readonly errorCode: ErrorCode;
  readonly groups: readonly {
    readonly groupId: string;
    readonly protocolType: string;
    readonly groupState: ClassicGroupState;
    /** `classic`; other types come with their protocols. */
    readonly groupType: string;
  }[];
}

export interface DeletedGroup {
  readonly groupId: string;
  readonly errorCode: ErrorCode;
}

/** One group as it is now, for those who show it. */
export interface GroupView {
  readonly groupId: string;
  readonly state: string;
  readonly memberCount: number;
  /** Committed offsets by topic and partition. */
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, { readonly offset: number }>>;
}

export interface GroupCoordinator {
  /** The groups that are led here, read while they are walked: no snapshot, nothing is waited for, nothing is copied. */
  views(): Iterable<GroupView>;

  /** Partition of `__consumer_offsets` that keeps a group, or null while there is no such topic. */
  partitionFor(groupId: string): number | null;

  /** Waits until all members are there, up to the rebalance timeout. */
  join(request: JoinGroup, done: (answer: JoinedGroup) => void): ParkedRequest;
  /** Waits for the leader's assignment. */
  sync(request: SyncGroup, done: (answer: SyncedGroup) => void): ParkedRequest;
  heartbeat(request: GroupHeartbeat, done: (errorCode: ErrorCode) => void): void;
  leave(request: LeaveGroup, done: (answer: LeftGroup) => void): void;

  commitOffsets(request: CommitOffsets, done: (answer: CommittedOffsets) => void): void;
  fetchOffsets(request: FetchOffsets, done: (answer: FetchedOffsets) => void): void;
  deleteOffsets(request: DeleteOffsets, done: (answer: DeletedOffsets) => void): void;

  /** One result per id, in order. */
  describe(groupIds: readonly string[], done: (groups: readonly DescribedGroup[]) => void): void;
  /** Of the groups coordinated here. Filters know no case; empty: everything. Unknown names match nothing. */
  list(
    filter: { readonly states: readonly string[]; readonly types: readonly string[] },
    done: (answer: ListedGroups) => void,
  ): void;
  /** One result per id, in order. */
  deleteGroups(groupIds: readonly string[], done: (groups: readonly DeletedGroup[]) => void): void;
}
