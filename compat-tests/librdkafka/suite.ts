import { prepareEnvironment, runClient } from '../python';
import type { Suite } from '../suite';

/** librdkafka through confluent-kafka for Python, pinned in requirements.txt; the cases stand in the *.py files. */
export const librdkafkaSuite: Suite = {
  name: 'librdkafka',
  programs: ['python3'],
  timeoutMs: 240_000,
  prepare: () => prepareEnvironment('librdkafka'),
  run: (context) => runClient('librdkafka', context, 230_000),
};
