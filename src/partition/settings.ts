/** The settings of a topic as the log and the checks of its batches take them. */
import type { LogConfig, ValidateConfig } from '../../storage';
import type { TopicConfig } from '../config/topic-config';

export function logConfigOf(config: TopicConfig): LogConfig {
  return { segmentSizeBytesMax: config.segmentSizeBytes, segmentAgeMsMax: config.segmentMs };
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
