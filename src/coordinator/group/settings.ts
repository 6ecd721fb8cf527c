import type { BrokerConfig } from '../../config/broker-config';
import { integerValue } from '../../config/keys';

/** The broker's keys for groups, read once. */
export interface GroupSettings {
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  readonly membersMax: number;
  readonly initialRebalanceDelayMs: number;
  /** Largest metadata of one committed offset, in UTF-16 units as Kafka counts. */
  readonly offsetMetadataLengthMax: number;
  readonly offsetsRetentionMs: number;
  readonly retentionCheckIntervalMs: number;
  /** How long the log may take to keep what a request wrote. */
  readonly commitTimeoutMs: number;
}

export function groupSettings(config: BrokerConfig): GroupSettings {
  const integer = (key: string): number => integerValue(config.value(key)!);
  return {
    sessionTimeoutMsMin: integer('group.min.session.timeout.ms'),
    sessionTimeoutMsMax: integer('group.max.session.timeout.ms'),
    membersMax: integer('group.max.size'),
    initialRebalanceDelayMs: integer('group.initial.rebalance.delay.ms'),
    offsetMetadataLengthMax: integer('offset.metadata.max.bytes'),
    offsetsRetentionMs: integer('offsets.retention.minutes') * 60_000,
    retentionCheckIntervalMs: integer('offsets.retention.check.interval.ms'),
    commitTimeoutMs: integer('offsets.commit.timeout.ms'),
  };
}
