/** Real clients against one broker: `npm run compat [-- NAME...]`. */
import { franzGoSuite } from './franz-go/suite';
import { javaAdminSuite, javaSuite } from './java/suite';
import { kafkaPythonSuite } from './kafka-python/suite';
import { kafkajsSuite } from './kafkajs/suite';
import { kcatSuite } from './kcat/suite';
import { librdkafkaSuite } from './librdkafka/suite';
import { pyralogSuite } from './pyralog/suite';
import { runSuites } from './runner';
import { saramaSuite } from './sarama/suite';
import type { Suite } from './suite';

const suites: readonly Suite[] = [
  kafkajsSuite,
  kcatSuite,
  librdkafkaSuite,
  kafkaPythonSuite,
  franzGoSuite,
  saramaSuite,
  javaSuite,
  javaAdminSuite,
  pyralogSuite,
];

runSuites(suites, process.argv.slice(2));
