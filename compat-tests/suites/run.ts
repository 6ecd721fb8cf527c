/**
 * Other projects' own test suites against one broker: `npm run compat:suites [-- NAME...]`, with BOOTSTRAP_SERVERS as in
 * `npm run compat`. Their tests are fetched when they are run; lists of those that must pass stand beside this file.
 */
import { runSuites } from '../runner';
import { kgoSuite } from './kgo';

runSuites([kgoSuite], process.argv.slice(2));
