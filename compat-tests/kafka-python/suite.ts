import { prepareEnvironment, runClient } from '../python';
import type { Suite } from '../suite';

/** kafka-python, pinned in requirements.txt; the cases stand in client.py. */
export const kafkaPythonSuite: Suite = {
  name: 'kafka-python',
  programs: ['python3'],
  timeoutMs: 180_000,
  prepare: () => prepareEnvironment('kafka-python'),
  run: (context) => runClient('kafka-python', context, 170_000),
};
