/** The records of the metadata log as this broker means them, and their bytes: Kafka's own record types and framing. */
import {
  decodeMetadataRecord as decodeKafkaRecord,
  encodeMetadataRecord as encodeKafkaRecord,
  type MetadataRecord as KafkaRecord,
} from '../../protocol';
import { ResourceType } from '../config/config-entry';
import { MetadataLogError } from './errors';
import { servedFeatures } from './features';
import type { BrokerImage } from './types';

export type MetadataRecord =
  | { readonly kind: 'feature-level'; readonly name: string; readonly level: number }
  | { readonly kind: 'register-broker'; readonly broker: BrokerImage }
  | { readonly kind: 'topic'; readonly name: string; readonly topicId: string }
  | {
      readonly kind: 'partition';
      readonly topicId: string;
      readonly index: number;
      /** Preferred leader first. */
      readonly replicas: readonly number[];
    }
  | {
      readonly kind: 'topic-config';
      readonly topicName: string;
      readonly name: string;
      /** null: no longer set for this topic. */
      readonly value: string | null;
    }
  | {
      readonly kind: 'resource-config';
      /** ResourceType of anything but a topic. */
      readonly resourceType: number;
      readonly resourceName: string;
      readonly name: string;
      /** null: no longer set. */
      readonly value: string | null;
    }
  | {
      readonly kind: 'producer-ids';
      readonly brokerId: number;
      readonly brokerEpoch: number;
      readonly nextProducerId: number;
    }
  | { readonly kind: 'remove-topic'; readonly topicId: string };

/** Besides topics. */
const configuredTypes: readonly number[] = [
  ResourceType.broker,
  ResourceType.clientMetrics,
  ResourceType.group,
];

/** Kafka's numbers of SecurityProtocol. */
const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;

export function encodeMetadataRecord(record: MetadataRecord): Buffer {
  switch (record.kind) {
    case 'feature-level':
      return encodeKafkaRecord('FeatureLevelRecord', { name: record.name, featureLevel: record.level }, 0);
    case 'register-broker':
      return encodeBroker(record.broker);
    case 'topic':
      return encodeKafkaRecord('TopicRecord', { name: record.name, topicId: record.topicId }, 0);
    case 'partition': {
      const { index, topicId, replicas } = record;
      // Who leads is decided by the partition's own Raft group; Kafka's fields say what its controller would.
      return encodeKafkaRecord(
        'PartitionRecord',
        {
          partitionId: index,
          topicId,
          replicas,
          isr: replicas,
          removingReplicas: [],
          addingReplicas: [],
          leader: replicas[0]!,
          leaderEpoch: 0,
          partitionEpoch: 0,
        },
        0,
      );
    }
    case 'topic-config': {
      const { topicName, name, value } = record;
      return encodeKafkaRecord(
        'ConfigRecord',
        { resourceType: ResourceType.topic, resourceName: topicName, name, value },
        0,
      );
    }
    case 'resource-config': {
      const { resourceType, resourceName, name, value } = record;
      return encodeKafkaRecord('ConfigRecord', { resourceType, resourceName, name, value }, 0);
    }
    case 'producer-ids': {
      const { brokerId, brokerEpoch, nextProducerId } = record;
      return encodeKafkaRecord('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId }, 0);
    }
    case 'remove-topic':
      return encodeKafkaRecord('RemoveTopicRecord', { topicId: record.topicId }, 0);
  }
}

function encodeBroker(broker: BrokerImage): Buffer {
  return encodeKafkaRecord(
    'RegisterBrokerRecord',
    {
      brokerId: broker.id,
      incarnationId: broker.incarnation,
      brokerEpoch: broker.epoch,
      endPoints: broker.endpoints.map(({ listenerName, host, port, securityProtocol }) => ({
        name: listenerName,
        host,
        port,
        securityProtocol: (securityProtocols as readonly string[]).indexOf(securityProtocol),
      })),
      features: servedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
      rack: broker.rack,
      fenced: broker.isFenced,
    },
    1,
  );
}

/**
 * @param offset  Of the record, for the error.
 * @throws MetadataLogError  The bytes are no record, or one that this version does not know.
 */
export function decodeMetadataRecord(value: Buffer | null, offset: number): MetadataRecord {
  if (value === null) throw new MetadataLogError('a record without a value', offset);
  let record: KafkaRecord;
  try {
    record = decodeKafkaRecord(value);
  } catch (error) {
    throw new MetadataLogError((error as Error).message, offset);
  }
  switch (record.name) {
    case 'FeatureLevelRecord':
      return { kind: 'feature-level', name: record.value.name, level: record.value.featureLevel };
    case 'RegisterBrokerRecord':
      return { kind: 'register-broker', broker: decodeBroker(record.value) };
    case 'TopicRecord':
      return { kind: 'topic', name: record.value.name, topicId: record.value.topicId };
    case 'PartitionRecord': {
      const { partitionId, topicId, replicas } = record.value;
      return { kind: 'partition', topicId, index: partitionId, replicas };
    }
    case 'ConfigRecord': {
      const { resourceType, resourceName, name, value: text } = record.value;
      if (resourceType === ResourceType.topic) {
        return { kind: 'topic-config', topicName: resourceName, name, value: text };
      }
      if (!configuredTypes.includes(resourceType)) {
        throw new MetadataLogError(`settings of resource type ${resourceType} are unknown`, offset);
      }
      return { kind: 'resource-config', resourceType, resourceName, name, value: text };
    }
    case 'ProducerIdsRecord': {
      const { brokerId, brokerEpoch, nextProducerId } = record.value;
      return { kind: 'producer-ids', brokerId, brokerEpoch, nextProducerId };
    }
    case 'RemoveTopicRecord':
      return { kind: 'remove-topic', topicId: record.value.topicId };
    default:
      throw new MetadataLogError(`${record.name} is not served`, offset);
  }
}

function decodeBroker(value: Extract<KafkaRecord, { name: 'RegisterBrokerRecord' }>['value']): BrokerImage {
  return {
    id: value.brokerId,
    incarnation: value.incarnationId,
    epoch: value.brokerEpoch,
    endpoints: value.endPoints.map(({ name, host, port, securityProtocol }) => ({
      listenerName: name,
      host,
      port,
      securityProtocol: securityProtocols[securityProtocol] ?? 'PLAINTEXT',
    })),
    rack: value.rack,
    isFenced: value.fenced,
  };
}
