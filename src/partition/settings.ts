/** The settings of a topic as the log and the checks of its batches take them. */
import type { LogConfig, ValidateConfig } from '../../storage';
import type { TopicConfig } from '../config/topic-config';
import type { Random } from '../host';

/** `segment.jitter.ms` is drawn for each log, so that those which were made together do not roll together. */
export function logConfigOf(config: TopicConfig, random: Pick<Random, 'below'>): LogConfig {
  const jitterMs = Math.min(config.segmentJitterMs, config.segmentMs);
  // What may not wait longer for compaction must not stand longer in the segment that grows.
  const { compact } = config.cleanupPolicies;
  const ageMsMax = compact ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs;
  return {
    segmentSizeBytesMax: config.segmentSizeBytes,
    segmentAgeMsMax: ageMsMax - (jitterMs > 0 ? random.below(jitterMs) : 0),
  };
}

export function validationOf(topicName: string, index: number, config: TopicConfig): ValidateConfig {
  const { compressionType, compressionLevels } = config;
  const hasLevel = compressionType === 'gzip' || compressionType === 'lz4' || compressionType === 'zstd';
  return {
    partitionName: `${topicName}-${index}`,
    messageSizeBytesMax: config.maxMessageSizeBytes,
    segmentSizeBytesMax: config.segmentSizeBytes,
    decompressedSizeBytesMax: config.maxDecompressedSizeBytes,
    isCompacted: config.cleanupPolicies.compact,
    timestampType: config.timestampType,
    timestampBeforeMsMax: config.timestampBeforeMaxMs,
    timestampAfterMsMax: config.timestampAfterMaxMs,
    compression: compressionType,
    compressionLevel: hasLevel ? compressionLevels[compressionType] : null,
  };
}
