/** The metadata log as a partition of this broker: its settings, its bound, and what it answers while it cannot serve. */
import { ErrorCode } from '../../protocol';
import type { BrokerConfig } from '../config/broker-config';
import { resolveTopicConfig, type TopicConfig } from '../config/topic-config';
import type { Refusal } from '../replicated/machine';

/** Largest batch of the metadata log: 10,000 new partitions in one request stay far below. */
export const METADATA_BATCH_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/** Kafka's NOT_CONTROLLER: clients look for another broker and come back. */
export const notController: Refusal = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  message: 'This broker does not lead the metadata log.',
};
export const metadataLoading: Refusal = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  message: 'The metadata log is being read.',
};

/** The metadata log is kept whole, on this node, whatever the defaults for topics say. */
export function metadataLogConfig(config: BrokerConfig): TopicConfig {
  return {
    ...resolveTopicConfig(new Map(), config),
    cleanupPolicies: { delete: false, compact: false },
    retentionMs: -1,
    retentionBytes: -1,
    minInsyncReplicas: 1,
    maxMessageSizeBytes: METADATA_BATCH_SIZE_BYTES_MAX,
    compressionType: 'producer',
    timestampType: 'CreateTime',
  };
}
