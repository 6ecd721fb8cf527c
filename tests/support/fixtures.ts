/** The one test construction site per component, so that a changed constructor touches one line here. */
import { defaultBrokerConfig } from '../../src/config/broker-config';
import { resolveTopicConfig, type TopicConfig } from '../../src/config/topic-config';
import type { Logger } from '../../src/telemetry';
import { buildBatch, CompressionCode } from '../../storage';

/** Effective settings of a topic that sets `overrides`, on a broker without settings of its own. */
export function topicConfig(overrides: Readonly<Record<string, string>> = {}): TopicConfig {
  return resolveTopicConfig(new Map(Object.entries(overrides)), defaultBrokerConfig());
}

/** Collects lines as `level message`. */
export function lineLogger(lines: string[] = []): Logger {
  const log = (level: string) => (first: object | string, message?: string) => {
    lines.push(`${level} ${typeof first === 'string' ? first : message}`);
  };
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: () => logger,
  };
  return logger;
}

export interface TestBatch {
  /** `producerId/epoch/baseSequence` */
  readonly producer?: string;
  /** Of the first record; each further one is a millisecond later, or as `timestamps` says. */
  readonly timestamp?: number;
  readonly timestamps?: readonly number[];
  readonly compression?: keyof typeof CompressionCode;
  readonly isTransactional?: boolean;
}

/** A batch as a client sends it, from `key=value` words; a word without `=` is a value with a null key. */
export function textBatch(text: string, options: TestBatch = {}): Buffer {
  const [producerId, producerEpoch, baseSequence] = (options.producer ?? '-1/-1/-1').split('/').map(Number);
  const records = text.split(' ').map((word, i) => {
    const split = word.indexOf('=');
    return {
      timestamp: options.timestamps?.[i] ?? (options.timestamp ?? 1_767_225_600_000) + i,
      key: split < 0 ? null : Buffer.from(word.slice(0, split)),
      value: Buffer.from(word.slice(split + 1)),
    };
  });
  return buildBatch({
    records,
    compression: CompressionCode[options.compression ?? 'none'],
    producerId: producerId!,
    producerEpoch: producerEpoch!,
    baseSequence: baseSequence!,
    isTransactional: options.isTransactional ?? false,
  });
}
