/** Topics that the broker makes for itself, as Kafka makes them: their counts and settings are the broker's, not a client's. */
import type { BrokerConfig } from '../config/broker-config';
import { integerValue } from '../config/keys';
import type { CreatableTopic } from './types';

/** Offsets and groups: what a consumer group must not forget. */
export const CONSUMER_OFFSETS_TOPIC_NAME = '__consumer_offsets';

/**
 * How `name` is created when somebody needs it and it is not there: an internal topic of a served feature with its own
 * counts and settings, any other one with the broker's defaults.
 */
export function automaticTopic(name: string, config: BrokerConfig): CreatableTopic {
  if (name !== CONSUMER_OFFSETS_TOPIC_NAME) {
    return { name, numPartitions: -1, replicationFactor: -1, assignments: null, configs: [] };
  }
  return {
    name,
    numPartitions: integerValue(config.value('offsets.topic.num.partitions')!),
    replicationFactor: integerValue(config.value('offsets.topic.replication.factor')!),
    assignments: null,
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      // Whoever writes it has chosen the codec already: the coordinator, by offsets.topic.compression.codec.
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: config.value('offsets.topic.segment.bytes') },
    ],
  };
}
