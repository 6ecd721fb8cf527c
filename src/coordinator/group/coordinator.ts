/** The groups that are coordinated by this node: one machine per partition of `__consumer_offsets` that it has. */
import { coordinatorPartition, ErrorCode } from '../../../protocol';
import type { BrokerConfig } from '../../config/broker-config';
import type { Host, Timer } from '../../host';
import type { OperationResult, Outcome, Refusal } from '../../replicated/machine';
import { LogRuntime, type MachineLog } from '../../replicated/runtime';
import type { Logger } from '../../telemetry';
import { DeadlineHeap } from '../deadlines';
import { joinError, syncError } from './classic';
import { type GroupContext, groupErrorOf, nothingToWrite, type Step } from './context';
import { type DeletedTopicName, deleteGroup } from './expiry';
import { joinGroup } from './join';
import { describeGroup, heartbeat, leaveGroup } from './membership';
import {
  commitErrorOf,
  commitOffsets,
  deleteOffsets,
  fetchOffsets,
  refusedCommit,
  refusedDeletion,
} from './offsets';
import { type GroupSettings, groupSettings } from './settings';
import { GroupShard } from './shard';
import { forgetTopics, sweepExpired } from './sweep';
import { syncGroup } from './sync';
import type {
  CommitOffsets,
  CommittedOffsets,
  DeletedGroup,
  DeletedOffsets,
  DeleteOffsets,
  DescribedGroup,
  FetchedOffsets,
  FetchOffsets,
  GroupCoordinator,
  GroupHeartbeat,
  GroupView,
  JoinedGroup,
  JoinGroup,
  LeaveGroup,
  LeftGroup,
  ListedGroups,
  ParkedRequest,
  SyncedGroup,
  SyncGroup,
} from './types';

export interface LocalGroupCoordinatorOptions {
  readonly host: Pick<Host, 'brokerTime' | 'monotonic' | 'random'>;
  readonly config: BrokerConfig;
  readonly logger: Logger;
}

const notCoordinator: Refusal = {
  errorCode: ErrorCode.NOT_COORDINATOR,
  message: 'This broker does not coordinate the group.',
};
const loading: Refusal = {
  errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  message: 'The groups of this partition are being read.',
};

const noOffsets: ReadonlyMap<string, ReadonlyMap<number, { readonly offset: number }>> = new Map();
const nothingToCancel: ParkedRequest = { cancel() {} };

/** The operation has changed its group already; see `Step`. */
const alreadyApplied = (): void => {};

export class LocalGroupCoordinator implements GroupCoordinator {
  readonly #options: LocalGroupCoordinatorOptions;
  readonly #settings: GroupSettings;
  readonly #deadlines: DeadlineHeap;
  /** Index: the partition of `__consumer_offsets`. */
  #runtimes: (LogRuntime<GroupShard> | undefined)[] = [];
  #partitionCount = 0;
  /** Topics that were deleted while the groups of a partition were being read. */
  readonly #forgetLater = new Map<number, readonly DeletedTopicName[]>();
  #sweepTimer: Timer | null = null;
  #isStopping = false;

  constructor(options: LocalGroupCoordinatorOptions) {
    this.#options = options;
    this.#settings = groupSettings(options.config);
    this.#deadlines = new DeadlineHeap(options.host.brokerTime);
  }

  /**
   * A replica of a partition of `__consumer_offsets` is here: its groups are read now, and served while it leads. The
   * partition count that is told first counts until `detach`, because the place of every group hangs on it.
   *
   * @param batchSizeBytesMax  Of one batch of that topic.
   */
  attach(partitionIndex: number, partitionCount: number, log: MachineLog, batchSizeBytesMax: number): void {
    if (this.#partitionCount === 0) this.#partitionCount = partitionCount;
    if (this.#runtimes[partitionIndex] !== undefined) return;
    const { host, logger } = this.#options;
    const shard = new GroupShard({
      settings: this.#settings,
      deadlines: this.#deadlines,
      random: host.random,
      logger,
      run: (operation) => {
        const runtime = this.#runtimes[partitionIndex];
        if (runtime !== undefined) this.#step(runtime, operation, () => {});
      },
    });
    const lead = (): void => {
      const runtime = this.#runtimes[partitionIndex];
      // Ready before it has its place: then it leads below.
      if (runtime === undefined) return;
      shard.lead();
      const topics = this.#forgetLater.get(partitionIndex);
      this.#forgetLater.delete(partitionIndex);
      if (topics !== undefined) forgetTopics(runtime, topics);
    };
    const runtime = new LogRuntime({
      machine: shard,
      log,
      nowMs: () => host.brokerTime.nowMs(),
      batchSizeBytesMax,
      refusals: { notLeader: notCoordinator, loading },
      patience: { timeoutMs: this.#settings.commitTimeoutMs, clock: host.monotonic },
      onReady: lead,
      onFailed: (error) =>
        logger.error(`The groups of partition ${partitionIndex} are not served: ${error.message}`),
    });
    this.#runtimes[partitionIndex] = runtime;
    if (runtime.isReady) lead();
    this.#sweepTimer ??= this.#planSweep();
  }

  /** `__consumer_offsets` was deleted, and with it every group. */
  detach(): void {
    const runtimes = this.#runtimes;
    this.#runtimes = [];
    this.#partitionCount = 0;
    this.#forgetLater.clear();
    for (const runtime of runtimes) runtime?.close();
  }

  /** Topics were deleted: what groups committed for them is forgotten. */
  forgetTopics(topics: readonly DeletedTopicName[]): void {
    for (const [index, runtime] of this.#runtimes.entries()) {
      if (runtime?.isReady) forgetTopics(runtime, topics);
      else if (runtime?.isLoading) {
        this.#forgetLater.set(index, [...(this.#forgetLater.get(index) ?? []), ...topics]);
      }
    }
  }

  /** The broker stops: whoever waits for others is told now, nobody waits any more, nothing becomes due. */
  stopWaiting(): void {
    this.#isStopping = true;
    this.#sweepTimer?.cancel();
    this.#deadlines.close();
    for (const runtime of this.#runtimes) {
      for (const group of runtime?.machine.groups.values() ?? []) {
        for (const member of [...group.members.values()]) {
          group.answerJoin(member, joinError(member.memberId, ErrorCode.NOT_COORDINATOR));
          group.answerSync(member, syncError(ErrorCode.NOT_COORDINATOR));
        }
      }
    }
  }

  close(): void {
    this.stopWaiting();
    this.detach();
  }

  *views(): Generator<GroupView> {
    for (const runtime of this.#runtimes) {
      if (runtime?.isReady !== true) continue;
      const { groups, offsets } = runtime.machine;
      for (const { groupId, state, members } of groups.values()) {
        yield { groupId, state, memberCount: members.size, offsets: offsets.group(groupId) ?? noOffsets };
      }
    }
  }

  partitionFor(groupId: string): number | null {
    return this.#partitionCount === 0 ? null : coordinatorPartition(groupId, this.#partitionCount);
  }

  join(request: JoinGroup, done: (answer: JoinedGroup) => void): ParkedRequest {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#settings;
    const runtime = this.#runtimeOf(groupId);
    let refused: ErrorCode = ErrorCode.NONE;
    if (this.#isStopping) refused = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    else if (groupId === '') refused = ErrorCode.INVALID_GROUP_ID;
    else if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax)
      refused = ErrorCode.INVALID_SESSION_TIMEOUT;
    if (refused !== ErrorCode.NONE) {
      done(joinError(memberId, refused));
      return nothingToCancel;
    }
    if (runtime === undefined) {
      done(joinError('', ErrorCode.NOT_COORDINATOR));
      return nothingToCancel;
    }
    const parked = new Parked(done);
    this.#step(
      runtime,
      ({ groups }, context) => joinGroup(context, groups, request, parked.answer),
      (errorCode) => parked.answer(joinError('', errorCode)),
    );
    return parked;
  }

  sync(request: SyncGroup, done: (answer: SyncedGroup) => void): ParkedRequest {
    const { groupId } = request;
    const runtime = this.#runtimeOf(groupId);
    if (this.#isStopping || groupId === '' || runtime === undefined) {
      done(syncError(this.#unservedError(groupId)));
      return nothingToCancel;
    }
    const parked = new Parked(done);
    this.#step(
      runtime,
      ({ groups }, context) => syncGroup(context, groups.get(groupId), request, parked.answer),
      (errorCode) => parked.answer(syncError(errorCode)),
    );
    return parked;
  }

  heartbeat(request: GroupHeartbeat, done: (errorCode: ErrorCode) => void): void {
    const { groupId } = request;
    const runtime = this.#runtimeOf(groupId);
    if (this.#isStopping || groupId === '' || runtime === undefined) {
      done(this.#unservedError(groupId));
      return;
    }
    if (runtime.isReady) {
      done(heartbeat(runtime.machine.context, runtime.machine.groups.get(groupId), request));
      return;
    }
    runtime.operate(nothing, ({ refused }) => {
      // A member need not hear that its coordinator is starting: its session begins anew when it has.
      const isLoading = refused?.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      done(refused === null || isLoading ? ErrorCode.NONE : (refused.errorCode as ErrorCode));
    });
  }

  leave(request: LeaveGroup, done: (answer: LeftGroup) => void): void {
    const { groupId } = request;
    const refuse = (errorCode: ErrorCode): void => done({ errorCode: groupErrorOf(errorCode), members: [] });
    const runtime = this.#runtimeOf(groupId);
    if (this.#isStopping || groupId === '' || runtime === undefined) {
      refuse(this.#unservedError(groupId));
      return;
    }
    this.#step(
      runtime,
      ({ groups }, context) => {
        const { records, settled, response } = leaveGroup(context, groups.get(groupId), request);
        return {
          records,
          settled: (errorCode) => {
            settled(errorCode);
            if (errorCode === ErrorCode.NONE) done(response);
            else refuse(errorCode);
          },
        };
      },
      refuse,
    );
  }

  commitOffsets(request: CommitOffsets, done: (answer: CommittedOffsets) => void): void {
    this.#operate(
      request.groupId,
      (shard, nowMs) => commitOffsets(shard.context, shard, request, nowMs),
      done,
      (errorCode) => done(refusedCommit(request, commitErrorOf(errorCode))),
    );
  }

  fetchOffsets(request: FetchOffsets, done: (answer: FetchedOffsets) => void): void {
    this.#operate(
      request.groupId,
      (shard) => ({ records: [], response: fetchOffsets(shard, request) }),
      done,
      (errorCode) => done({ errorCode: commitErrorOf(errorCode), topics: [] }),
    );
  }

  deleteOffsets(request: DeleteOffsets, done: (answer: DeletedOffsets) => void): void {
    if (request.groupId === '') {
      done(refusedDeletion(ErrorCode.INVALID_GROUP_ID));
      return;
    }
    this.#operate(
      request.groupId,
      (shard) => deleteOffsets(shard, request),
      done,
      (errorCode) => done(refusedDeletion(commitErrorOf(errorCode))),
    );
  }

  describe(groupIds: readonly string[], done: (groups: readonly DescribedGroup[]) => void): void {
    inOrder(
      groupIds,
      (groupId, described: (group: DescribedGroup) => void) =>
        this.#operate(
          groupId,
          ({ groups }) => ({ records: [], response: describeGroup(groupId, groups.get(groupId)) }),
          described,
          (errorCode) => described(undescribed(groupId, groupErrorOf(errorCode))),
        ),
      done,
    );
  }

  deleteGroups(groupIds: readonly string[], done: (groups: readonly DeletedGroup[]) => void): void {
    inOrder(
      groupIds,
      (groupId, deleted: (group: DeletedGroup) => void) =>
        this.#operate(
          groupId,
          (shard) => deleteGroup(shard, groupId),
          deleted,
          (errorCode) => deleted({ groupId, errorCode: groupErrorOf(errorCode) }),
        ),
      done,
    );
  }

  list(
    filter: { readonly states: readonly string[]; readonly types: readonly string[] },
    done: (answer: ListedGroups) => void,
  ): void {
    if (this.#isStopping) {
      done({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, groups: [] });
      return;
    }
    const states = new Set(filter.states.map((state) => state.toLowerCase()));
    const types = filter.types.map((type) => type.toLowerCase());
    const isAsked = types.length === 0 || types.includes('classic');
    const listed = ({ groups }: GroupShard): Outcome<ListedGroups['groups']> => ({
      records: [],
      response: !isAsked
        ? []
        : [...groups.values()]
            .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
            .map(({ groupId, protocolType, state }) => ({
              groupId,
              protocolType: protocolType ?? '',
              groupState: state,
              groupType: 'classic',
            })),
    });
    const here = this.#runtimes.filter((runtime) => runtime !== undefined);
    inOrder(
      here,
      (runtime, ready: (result: OperationResult<ListedGroups['groups']>) => void) =>
        runtime.operate(listed, ready),
      (results) => {
        const failed = results.find(
          ({ refused }) => refused !== null && refused.errorCode !== ErrorCode.NOT_COORDINATOR,
        );
        if (failed?.refused) {
          done({ errorCode: groupErrorOf(failed.refused.errorCode as ErrorCode), groups: [] });
        } else {
          done({ errorCode: ErrorCode.NONE, groups: results.flatMap(({ response }) => response ?? []) });
        }
      },
    );
  }

  #runtimeOf(groupId: string): LogRuntime<GroupShard> | undefined {
    return this.#runtimes[this.partitionFor(groupId) ?? -1];
  }

  /** Of a request that no machine here can take. */
  #unservedError(groupId: string): ErrorCode {
    if (this.#isStopping) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    return groupId === '' ? ErrorCode.INVALID_GROUP_ID : ErrorCode.NOT_COORDINATOR;
  }

  #operate<Answer>(
    groupId: string,
    operation: (shard: GroupShard, nowMs: number) => Outcome<Answer>,
    done: (answer: Answer) => void,
    refuse: (errorCode: ErrorCode) => void,
  ): void {
    const runtime = this.#runtimeOf(groupId);
    if (this.#isStopping || runtime === undefined) {
      refuse(this.#isStopping ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NOT_COORDINATOR);
      return;
    }
    runtime.operate(operation, ({ refused, response }) => {
      if (refused === null) done(response);
      else refuse(refused.errorCode as ErrorCode);
    });
  }

  /** @param refused  Called when the operation did not run at all. */
  #step(
    runtime: LogRuntime<GroupShard>,
    operation: (shard: GroupShard, context: GroupContext) => Step,
    refused: (errorCode: ErrorCode) => void,
  ): void {
    let step: Step | null = null;
    runtime.operate(
      (shard) => {
        step = operation(shard, shard.context);
        return { records: step.records, response: null, apply: alreadyApplied };
      },
      (result) => {
        const errorCode = (result.refused?.errorCode ?? ErrorCode.NONE) as ErrorCode;
        if (step === null) refused(errorCode);
        else step.settled(errorCode);
      },
    );
  }

  #planSweep(): Timer {
    return this.#options.host.brokerTime.after(this.#settings.retentionCheckIntervalMs, () => {
      this.#sweepTimer = this.#planSweep();
      for (const runtime of this.#runtimes) {
        if (runtime?.isReady) sweepExpired(runtime, this.#settings.offsetsRetentionMs);
      }
    });
  }
}

const nothing = (): Outcome<null> => ({ ...nothingToWrite, response: null });

/** An answer that the client may cease to wait for. */
class Parked<Answer> implements ParkedRequest {
  readonly #done: (answer: Answer) => void;
  #isCancelled = false;

  constructor(done: (answer: Answer) => void) {
    this.#done = done;
  }

  readonly answer = (answer: Answer): void => {
    if (!this.#isCancelled) this.#done(answer);
  };

  cancel(): void {
    this.#isCancelled = true;
  }
}

/** Asks for each, and is done when all have answered: at once or later, in any order. */
function inOrder<Asked, Answer>(
  all: readonly Asked[],
  ask: (one: Asked, answered: (answer: Answer) => void) => void,
  done: (answers: readonly Answer[]) => void,
): void {
  const answers: Answer[] = [];
  let missing = all.length;
  if (missing === 0) done(answers);
  for (const [at, one] of all.entries()) {
    ask(one, (answer) => {
      answers[at] = answer;
      missing--;
      if (missing === 0) done(answers);
    });
  }
}

function undescribed(groupId: string, errorCode: ErrorCode): DescribedGroup {
  return {
    errorCode,
    errorMessage: null,
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
  };
}
