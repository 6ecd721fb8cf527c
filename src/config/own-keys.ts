/** Keys that Kafka does not have. */
import type { BrokerKeyRow } from './keys';

export const ownKeys: readonly BrokerKeyRow[] = [
  // Identity of a new data directory; Kafka takes it from its format tool instead.
  ['cluster.id', 'STRING', null, 'non-empty string', 'read-only'],
  // -1: no admin port.
  ['admin.port', 'INT', '-1', '[-1,...,65535]', 'read-only'],
  ['admin.host', 'STRING', '', '', 'read-only'],
  ['replication.factor.clamp', 'BOOLEAN', 'false', '', 'read-only'],
  ['queued.request.bytes', 'LONG', '134217728', '[1048576,...]', 'read-only'],
  ['max.incremental.fetch.session.partitions', 'INT', '500000', '[0,...]', 'read-only'],
  ['max.describe.configs.entries', 'INT', '1000000', '[1000,...]', 'read-only'],
  ['journal.file.bytes', 'INT', '67108864', '[1048576,...]', 'read-only'],
  ['journal.bypass.bytes', 'INT', '102400', '[4096,...]', 'read-only'],
  ['journal.lazy.bytes', 'INT', '16777216', '[1048576,...]', 'read-only'],
  // Large batches kept in memory for fetches; -1: a sixteenth of the memory, at most 1 GiB.
  ['journal.recent.bytes', 'LONG', '-1', '[-1,...]', 'read-only'],
];
