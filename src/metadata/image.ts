/** The image of the cluster as immutable data, and how records of the metadata log change it. */
import { ResourceType } from '../config/config-entry';
import { MetadataLogError } from './errors';
import { PersistentMap } from './persistent-map';
import type { MetadataRecord } from './records';
import { isInternalTopicName } from './topic-names';
import type { BrokerImage, MetadataImage, PartitionImage, ResourceImage, TopicImage } from './types';

/** An image whose maps can be changed without copying them whole. */
export interface ClusterImage extends MetadataImage {
  readonly topicsByName: PersistentMap<TopicImage>;
  readonly topicsById: PersistentMap<TopicImage>;
  readonly resources: PersistentMap<ResourceImage>;
}

export const resourceKey = (type: number, name: string): string => `${type}/${name}`;

/** What is set for a topic, a broker or anything else that has settings; empty when nothing is. */
export function configsOf(image: MetadataImage, type: number, name: string): ReadonlyMap<string, string> {
  const found =
    type === ResourceType.topic ? image.topicsByName.get(name) : image.resources.get(resourceKey(type, name));
  return found?.configs ?? NOTHING_SET;
}

const NOTHING_SET: ReadonlyMap<string, string> = new Map();

export function emptyImage(clusterId: string): ClusterImage {
  return {
    clusterId,
    topicsByName: PersistentMap.empty(),
    topicsById: PersistentMap.empty(),
    resources: PersistentMap.empty(),
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

interface ResourceEdit {
  readonly type: number;
  readonly name: string;
  readonly configs: Map<string, string>;
}

/** The records of one batch on their way into an image: nothing is seen before `done`. */
export class ImageEdit {
  readonly #base: ClusterImage;
  readonly #topics = new Map<string, TopicEdit>();
  /** Ids by name of topics under edit: a ConfigRecord knows the name only. */
  readonly #idsByName = new Map<string, string>();
  readonly #removed = new Set<string>();
  /** By `resourceKey`. */
  readonly #resources = new Map<string, ResourceEdit>();
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
      case 'resource-config': {
        const { resourceType, resourceName, name, value } = record;
        const configs = this.#settings(resourceType, resourceName);
        if (value === null) configs.delete(name);
        else configs.set(name, value);
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
    const resources = this.#doneResources();
    if (this.#topics.size === 0 && this.#removed.size === 0) {
      return { ...base, brokers, features, resources, endOffset };
    }
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
    const topicsByName = byName.done();
    return { ...base, topicsByName, topicsById: byId.done(), brokers, features, resources, endOffset };
  }

  #doneResources(): ClusterImage['resources'] {
    if (this.#resources.size === 0) return this.#base.resources;
    const resources = this.#base.resources.edit();
    for (const [key, resource] of this.#resources) {
      if (resource.configs.size === 0) resources.delete(key);
      else resources.set(key, resource);
    }
    return resources.done();
  }

  /** Of an existing topic, this batch's included. */
  topicIdOf(topicName: string): string {
    const id = this.#idsByName.get(topicName) ?? this.#base.topicsByName.get(topicName)?.id;
    if (id === undefined)
      throw new MetadataLogError(`a record names topic '${topicName}', which does not exist`);
    return id;
  }

  #settings(type: number, name: string): Map<string, string> {
    const key = resourceKey(type, name);
    let edit = this.#resources.get(key);
    if (edit === undefined) {
      edit = { type, name, configs: new Map(this.#base.resources.get(key)?.configs) };
      this.#resources.set(key, edit);
    }
    return edit.configs;
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
