/** The image of the cluster as immutable data, and how records of the metadata log change it. */
import { MetadataLogError } from './errors';
import { PersistentMap } from './persistent-map';
import type { MetadataRecord } from './records';
import { isInternalTopicName } from './topic-names';
import type { BrokerImage, MetadataImage, PartitionImage, TopicImage } from './types';

/** An image whose maps can be changed without copying them whole. */
export interface ClusterImage extends MetadataImage {
  readonly topicsByName: PersistentMap<TopicImage>;
  readonly topicsById: PersistentMap<TopicImage>;
}

export function emptyImage(clusterId: string): ClusterImage {
  return {
    clusterId,
    topicsByName: PersistentMap.empty(),
    topicsById: PersistentMap.empty(),
    brokers: new Map(),
    features: new Map(),
    endOffset: 0,
  };
}

interface TopicEdit {
  readonly id: string;
  readonly name: string;
  readonly partitions: PartitionImage[];
  readonly configs: Map<string, string>;
}

/** The records of one batch on their way into an image: nothing is seen before `done`. */
export class ImageEdit {
  readonly #base: ClusterImage;
  readonly #topics = new Map<string, TopicEdit>();
  /** Ids by name of topics under edit: a ConfigRecord knows the name only. */
  readonly #idsByName = new Map<string, string>();
  readonly #removed = new Set<string>();
  #brokers: Map<number, BrokerImage> | null = null;
  #features: Map<string, number> | null = null;

  constructor(base: ClusterImage) {
    this.#base = base;
  }

  apply(record: MetadataRecord): void {
    switch (record.kind) {
      case 'topic': {
        const edit = { id: record.topicId, name: record.name, partitions: [], configs: new Map() };
        this.#topics.set(record.topicId, edit);
        this.#idsByName.set(record.name, record.topicId);
        return;
      }
      case 'partition':
        this.#edit(record.topicId).partitions[record.index] = {
          index: record.index,
          replicas: record.replicas,
        };
        return;
      case 'topic-config': {
        const configs = this.#edit(this.topicIdOf(record.topicName)).configs;
        if (record.value === null) configs.delete(record.name);
        else configs.set(record.name, record.value);
        return;
      }
      case 'remove-topic':
        this.#removed.add(record.topicId);
        this.#topics.delete(record.topicId);
        return;
      case 'register-broker':
        this.#brokers ??= new Map(this.#base.brokers);
        this.#brokers.set(record.broker.id, record.broker);
        return;
      case 'feature-level':
        this.#features ??= new Map(this.#base.features);
        if (record.level === 0) this.#features.delete(record.name);
        else this.#features.set(record.name, record.level);
        return;
      case 'producer-ids':
        return;
      default:
        record satisfies never;
    }
  }

  done(endOffset: number): ClusterImage {
    const base = this.#base;
    const brokers = this.#brokers ?? base.brokers;
    const features = this.#features ?? base.features;
    if (this.#topics.size === 0 && this.#removed.size === 0) return { ...base, brokers, features, endOffset };
    const byName = base.topicsByName.edit();
    const byId = base.topicsById.edit();
    for (const id of this.#removed) {
      const topic = byId.get(id);
      if (topic === undefined) continue;
      byId.delete(id);
      byName.delete(topic.name);
    }
    for (const edit of this.#topics.values()) {
      const topic: TopicImage = { ...edit, isInternal: isInternalTopicName(edit.name) };
      byId.set(topic.id, topic);
      byName.set(topic.name, topic);
    }
    return { ...base, topicsByName: byName.done(), topicsById: byId.done(), brokers, features, endOffset };
  }

  /** Of an existing topic, this batch's included. */
  topicIdOf(topicName: string): string {
    const id = this.#idsByName.get(topicName) ?? this.#base.topicsByName.get(topicName)?.id;
    if (id === undefined)
      throw new MetadataLogError(`a record names topic '${topicName}', which does not exist`);
    return id;
  }

  #edit(topicId: string): TopicEdit {
    let edit = this.#topics.get(topicId);
    if (edit !== undefined) return edit;
    const topic = this.#removed.has(topicId) ? undefined : this.#base.topicsById.get(topicId);
    if (topic === undefined)
      throw new MetadataLogError(`a record names topic id ${topicId}, which does not exist`);
    edit = {
      id: topicId,
      name: topic.name,
      partitions: [...topic.partitions],
      configs: new Map(topic.configs),
    };
    this.#topics.set(topicId, edit);
    this.#idsByName.set(topic.name, topicId);
    return edit;
  }
}
