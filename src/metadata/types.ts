/** What every broker knows of the cluster, and what it may ask the controller. Implemented by image.ts and controller.ts. */
import type { ErrorCode } from '../../protocol';

export interface EndpointImage {
  readonly listenerName: string;
  readonly securityProtocol: string;
  readonly host: string;
  readonly port: number;
}

export interface BrokerImage {
  readonly id: number;
  readonly incarnation: string;
  readonly epoch: number;
  readonly endpoints: readonly EndpointImage[];
  readonly rack: string | null;
  readonly isFenced: boolean;
}

export interface PartitionImage {
  readonly index: number;
  /** Node ids, preferred leader first. */
  readonly replicas: readonly number[];
}

export interface TopicImage {
  readonly id: string;
  readonly name: string;
  /** `partitions[i].index === i`. */
  readonly partitions: readonly PartitionImage[];
  /** Only what was set for this topic; values as the client wrote them (int64 text stays exact). */
  readonly configs: ReadonlyMap<string, string>;
  readonly isInternal: boolean;
}

/** Settings of anything but a topic: at least one. */
export interface ResourceImage {
  /** ResourceType (config-entry.ts). */
  readonly type: number;
  /** Of a broker its id, or '' for all brokers. */
  readonly name: string;
  readonly configs: ReadonlyMap<string, string>;
}

/** Immutable: replaced as a whole when a committed batch changes it. */
export interface MetadataImage {
  readonly clusterId: string;
  readonly topicsByName: ReadonlyMap<string, TopicImage>;
  readonly topicsById: ReadonlyMap<string, TopicImage>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  /** Finalized features that are served; name -> level. */
  readonly features: ReadonlyMap<string, number>;
  /** By `resourceKey`. */
  readonly resources: ReadonlyMap<string, ResourceImage>;
  /** Next offset of the metadata log: the image includes everything below. */
  readonly endOffset: number;
}

export interface CreatableTopic {
  readonly name: string;
  /** -1: broker default, or the size of `assignments`. */
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** [partition] -> node ids; null: placed by the controller. */
  readonly assignments:
    | readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
    | null;
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface CreatedTopic {
  readonly name: string;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  /** Zero UUID on error. */
  readonly topicId: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
}

export interface DeletedTopic {
  /** null when an unknown id was asked for. */
  readonly name: string | null;
  readonly topicId: string;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract';

export interface AlteredResource {
  readonly type: number;
  readonly name: string;
  readonly changes: readonly {
    readonly name: string;
    /** null: one that does not exist. */
    readonly operation: ConfigOperation | null;
    /** Not null but for `delete`. */
    readonly value: string | null;
  }[];
  /** Settings that are not named go back to their defaults. */
  readonly replacesAll: boolean;
}

/** How one of several things that a request asked for went. */
export interface Verdict {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export interface GrownTopic {
  readonly name: string;
  /** Partitions there are to be in all. */
  readonly count: number;
  /** Replicas of the new partitions alone; null: placed by the controller. */
  readonly assignments: readonly (readonly number[])[] | null;
}

export type FeatureUpgradeType = 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';

export interface FeatureUpdate {
  readonly name: string;
  readonly level: number;
  /** null: one that does not exist. */
  readonly upgradeType: FeatureUpgradeType | null;
}

export interface LeadershipImage {
  /** -1 while no leader is known. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly inSyncReplicas: readonly number[];
  readonly offlineReplicas: readonly number[];
}

/**
 * Asked on any broker. Changes answer when they are committed, every live broker has applied them, and the leaders of
 * new partitions stand (so that no retriable error follows), or with REQUEST_TIMED_OUT after `timeoutMs`.
 */
export interface Metadata {
  readonly image: MetadataImage;
  /** Node id of the metadata leader, -1 if unknown. */
  readonly controllerId: number;
  leadership(topicId: string, partitionIndex: number): LeadershipImage;
  createTopics(
    request: {
      readonly topics: readonly CreatableTopic[];
      readonly validateOnly: boolean;
      readonly timeoutMs: number;
      /** True for auto-creation: an existing topic is no error, replication factor is clamped where configured. */
      readonly isAutomatic: boolean;
    },
    done: (results: readonly CreatedTopic[]) => void,
  ): void;
  deleteTopics(
    request: {
      readonly topics: readonly { readonly name: string | null; readonly topicId: string }[];
      readonly timeoutMs: number;
    },
    done: (results: readonly DeletedTopic[]) => void,
  ): void;
  /** One verdict for each resource, in their order. Broker settings are checked against those of this broker. */
  alterConfigs(
    request: { readonly resources: readonly AlteredResource[]; readonly validateOnly: boolean },
    done: (verdicts: readonly Verdict[]) => void,
  ): void;
  /** One verdict for each topic, in their order. */
  createPartitions(
    request: {
      readonly topics: readonly GrownTopic[];
      readonly validateOnly: boolean;
      readonly timeoutMs: number;
    },
    done: (verdicts: readonly Verdict[]) => void,
  ): void;
  /** All of them or none. */
  updateFeatures(
    request: {
      readonly updates: readonly FeatureUpdate[];
      readonly validateOnly: boolean;
      readonly timeoutMs: number;
    },
    done: (verdict: Verdict) => void,
  ): void;
  /** A fresh producer id, unique in the cluster for ever; blocks of them are allocated through the metadata log. */
  allocateProducerId(
    done: (result: { readonly errorCode: ErrorCode; readonly producerId: number }) => void,
  ): void;
}
