/** The Metadata of one broker: the committed image, and the controller's operations with what a client may expect of them. */
import { ErrorCode, zeroUuid } from '../../protocol';
import type { BrokerConfig } from '../config/broker-config';
import type { Host } from '../host';
import type { Partitions } from '../partition/types';
import type { OperationResult, Outcome, Runtime } from '../replicated/machine';
import type { Logger } from '../telemetry';
import { type BrokerRegistration, registerBroker } from './controller-brokers';
import { alterConfigs } from './controller-configs';
import { deleteTopics } from './controller-deletions';
import { updateFeatures } from './controller-features';
import { createPartitions } from './controller-partitions';
import { allocateProducerIdBlock } from './controller-producer-ids';
import type { ControllerContext, ControllerOutcome } from './controller-state';
import { createTopics } from './controller-topics';
import type { ClusterImage } from './image';
import type { MetadataMachine } from './machine';
import { ProducerIdStock } from './producer-ids';
import { encodeMetadataRecord } from './records';
import type { CreatedTopic, DeletedTopic, LeadershipImage, Metadata, Verdict } from './types';

export interface MetadataOptions {
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly host: Pick<Host, 'monotonic' | 'random'>;
  readonly logger: Logger;
  readonly runtime: Runtime<MetadataMachine>;
  /** Of the metadata log. */
  readonly controllerId: () => number;
  readonly partitions: Pick<Partitions, 'get'>;
  /** Calls `done` when the leader of a partition stands, if this broker has a replica of it and at once if not. */
  whenLeaderStands(topicId: string, partitionIndex: number, done: () => void): void;
}

type CreateTopicsRequest = Parameters<Metadata['createTopics']>[0];
type DeleteTopicsRequest = Parameters<Metadata['deleteTopics']>[0];

export class BrokerMetadata implements Metadata {
  readonly #options: MetadataOptions;
  readonly #runtime: Runtime<MetadataMachine>;
  readonly #context: ControllerContext;
  readonly #producerIds: ProducerIdStock;
  readonly #deadlines = new Set<RequestDeadline>();

  constructor(options: MetadataOptions) {
    const { config, host, nodeId, runtime } = options;
    this.#options = options;
    this.#runtime = runtime;
    this.#context = { config, random: host.random };
    this.#producerIds = new ProducerIdStock((done) =>
      this.#operate((machine) => {
        const epoch = machine.image.brokers.get(nodeId)?.epoch ?? -1;
        return allocateProducerIdBlock(machine, nodeId, epoch);
      }, done),
    );
  }

  /** Requests that still wait are not answered any more. */
  close(): void {
    for (const deadline of this.#deadlines) deadline.end();
  }

  get image(): ClusterImage {
    return this.#runtime.machine.committedImage;
  }

  get controllerId(): number {
    return this.#options.controllerId();
  }

  leadership(topicId: string, partitionIndex: number): LeadershipImage {
    const offlineReplicas = this.#offlineReplicas(topicId, partitionIndex);
    const partition = this.#options.partitions.get(topicId, partitionIndex);
    if (partition === undefined)
      return { leaderId: -1, leaderEpoch: -1, inSyncReplicas: NOBODY, offlineReplicas };
    const { leaderId, leaderEpoch, inSyncReplicas } = partition;
    return { leaderId, leaderEpoch, inSyncReplicas, offlineReplicas };
  }

  createTopics(request: CreateTopicsRequest, done: (results: readonly CreatedTopic[]) => void): void {
    const within = this.#deadline(request.timeoutMs, () => done(request.topics.map(timedOutCreation)));
    this.#operate(
      (machine) => createTopics(machine, request, this.#context),
      ({ refused, response }) => {
        if (within.isOver) return;
        if (refused !== null) {
          within.end();
          done(request.topics.map((topic) => ({ ...timedOutCreation(topic), ...errorOf(refused) })));
          return;
        }
        for (const notice of response.notices) this.#options.logger.warn(notice);
        const { topics } = response;
        if (request.validateOnly) {
          within.end();
          done(topics);
          return;
        }
        within.whenOver(() =>
          done(topics.map((topic) => (topic.errorCode === ErrorCode.NONE ? timedOutCreation(topic) : topic))),
        );
        this.#whenLeadersStand(topics, () => {
          if (within.isOver) return;
          within.end();
          done(topics);
        });
      },
    );
  }

  deleteTopics(request: DeleteTopicsRequest, done: (results: readonly DeletedTopic[]) => void): void {
    const refuse = (errorCode: ErrorCode, errorMessage: string): void =>
      done(request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })));
    const within = this.#deadline(request.timeoutMs, () => refuse(ErrorCode.REQUEST_TIMED_OUT, TIMED_OUT));
    this.#operate(
      (machine) => deleteTopics(machine, request.topics),
      ({ refused, response }) => {
        if (within.isOver) return;
        within.end();
        if (refused === null) done(response);
        else refuse(refused.errorCode as ErrorCode, refused.message);
      },
    );
  }

  alterConfigs(
    request: Parameters<Metadata['alterConfigs']>[0],
    done: (verdicts: readonly Verdict[]) => void,
  ): void {
    this.#operate(
      (machine) => alterConfigs(machine, request, this.#context),
      ({ refused, response }) =>
        done(refused === null ? response : request.resources.map(() => errorOf(refused))),
    );
  }

  createPartitions(
    request: Parameters<Metadata['createPartitions']>[0],
    done: (verdicts: readonly Verdict[]) => void,
  ): void {
    const { topics } = request;
    const within = this.#deadline(request.timeoutMs, () => done(topics.map(() => timedOut)));
    this.#operate(
      (machine) => createPartitions(machine, request, this.#context),
      ({ refused, response }) => {
        if (within.isOver) return;
        if (refused !== null) {
          within.end();
          done(topics.map(() => errorOf(refused)));
          return;
        }
        const { verdicts, created } = response;
        within.whenOver(() =>
          done(verdicts.map((verdict) => (verdict.errorCode === ErrorCode.NONE ? timedOut : verdict))),
        );
        this.#whenAllStand(created, () => {
          if (within.isOver) return;
          within.end();
          done(verdicts);
        });
      },
    );
  }

  updateFeatures(request: Parameters<Metadata['updateFeatures']>[0], done: (verdict: Verdict) => void): void {
    const within = this.#deadline(request.timeoutMs, () => done(timedOut));
    this.#operate(
      (machine) => updateFeatures(machine, request),
      ({ refused, response }) => {
        if (within.isOver) return;
        within.end();
        done(refused === null ? response : errorOf(refused));
      },
    );
  }

  allocateProducerId(
    done: (result: { readonly errorCode: ErrorCode; readonly producerId: number }) => void,
  ): void {
    this.#producerIds.take(done);
  }

  /** Of this broker, at its start. */
  register(
    registration: BrokerRegistration,
    done: (result: OperationResult<{ readonly epoch: number }>) => void,
  ): void {
    this.#operate((machine) => registerBroker(machine, registration, machine.image.endOffset), done);
  }

  /** Asked for every partition of a Metadata answer, and nearly always nobody. */
  #offlineReplicas(topicId: string, partitionIndex: number): readonly number[] {
    const { brokers, topicsById } = this.image;
    const replicas = topicsById.get(topicId)?.partitions[partitionIndex]?.replicas ?? NOBODY;
    for (const id of replicas) {
      if (brokers.get(id)?.isFenced !== false) {
        return replicas.filter((other) => brokers.get(other)?.isFenced !== false);
      }
    }
    return NOBODY;
  }

  #whenLeadersStand(topics: readonly CreatedTopic[], done: () => void): void {
    const created: { topicId: string; index: number }[] = [];
    for (const { errorCode, topicId, numPartitions } of topics) {
      if (errorCode !== ErrorCode.NONE) continue;
      for (let index = 0; index < numPartitions; index++) created.push({ topicId, index });
    }
    this.#whenAllStand(created, done);
  }

  #whenAllStand(
    partitions: readonly { readonly topicId: string; readonly index: number }[],
    done: () => void,
  ): void {
    // One more than there are, so that answers from inside the loop do not end it early.
    let missing = 1 + partitions.length;
    const stands = (): void => {
      missing--;
      if (missing === 0) done();
    };
    for (const { topicId, index } of partitions) this.#options.whenLeaderStands(topicId, index, stands);
    stands();
  }

  #operate<Response>(
    operation: (machine: MetadataMachine) => ControllerOutcome<Response>,
    done: (result: OperationResult<Response>) => void,
  ): void {
    this.#runtime.operate((machine): Outcome<Response> => {
      const { records, response } = operation(machine);
      return {
        records: records.map((record) => ({ key: null, value: encodeMetadataRecord(record) })),
        response,
      };
    }, done);
  }

  #deadline(timeoutMs: number, onTimeout: () => void): RequestDeadline {
    return new RequestDeadline(this.#options.host, this.#deadlines, timeoutMs, onTimeout);
  }
}

const NOBODY: readonly number[] = [];

const TIMED_OUT = 'The request did not finish in the time it allowed.';

const timedOut: Verdict = { errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: TIMED_OUT };

/** Time of one request: whatever comes after its end finds it over. */
class RequestDeadline {
  isOver = false;
  #onTimeout: () => void;
  readonly #timer: { cancel(): void };
  readonly #running: Set<RequestDeadline>;

  /** It is in `running` until it is over. */
  constructor(
    host: Pick<Host, 'monotonic'>,
    running: Set<RequestDeadline>,
    timeoutMs: number,
    onTimeout: () => void,
  ) {
    this.#onTimeout = onTimeout;
    this.#running = running;
    running.add(this);
    this.#timer = host.monotonic.after(Math.max(timeoutMs, 0), () => {
      this.end();
      this.#onTimeout();
    });
  }

  /** Replaces what a timeout does; nothing when the time is over. */
  whenOver(onTimeout: () => void): void {
    this.#onTimeout = onTimeout;
  }

  end(): void {
    this.isOver = true;
    this.#running.delete(this);
    this.#timer.cancel();
  }
}

function timedOutCreation({ name }: { readonly name: string }): CreatedTopic {
  return {
    name,
    errorCode: ErrorCode.REQUEST_TIMED_OUT,
    errorMessage: TIMED_OUT,
    topicId: zeroUuid,
    numPartitions: -1,
    replicationFactor: -1,
  };
}

function errorOf(refusal: { readonly errorCode: number; readonly message: string }) {
  return { errorCode: refusal.errorCode as ErrorCode, errorMessage: refusal.message };
}
