/** What the admin port answers, without the port: a path in, a status and a body out. */
import type { RunningBroker } from '../broker';
import { version } from '../version';
import { EXPOSITION_CONTENT_TYPE, expositionOf, type Family } from './exposition';
import { groupFamilies } from './group-metrics';
import type { ProcessWatch } from './process-metrics';
import { serverFamilies } from './server-metrics';
import { topicFamilies } from './topic-metrics';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** Pieces of bounded work; whoever sends them lets the loop turn in between. */
  readonly body: Iterable<string>;
}

export interface AdminSource {
  /** null until it serves. */
  broker(): RunningBroker | null;
  readonly process: ProcessWatch;
}

const PLAIN = 'text/plain; charset=utf-8';

/**
 * `/livez`: the process answers. `/readyz`: clients are served in full, or 503 and why not. `/metrics`: the text of
 * Prometheus. `/version`: JSON.
 */
export function answerOf(path: string, source: AdminSource): Answer {
  switch (path) {
    case '/livez':
      return text(200, 'live\n');
    case '/readyz': {
      const broker = source.broker();
      const why = broker === null ? 'starting' : broker.impediment();
      return why === null ? text(200, 'ready\n') : text(503, `${why}\n`);
    }
    case '/metrics':
      return {
        status: 200,
        contentType: EXPOSITION_CONTENT_TYPE,
        body: expositionOf(families(source)),
      };
    case '/version':
      return json({
        name: 'pyralog',
        version,
        node: process.version,
        clusterId: source.broker()?.clusterId ?? null,
        nodeId: source.broker()?.nodeId ?? null,
      });
    case '/':
      return text(200, '/livez\n/readyz\n/metrics\n/version\n');
    default:
      return text(404, `${path} is not served; there are: /livez /readyz /metrics /version\n`);
  }
}

function* families(source: AdminSource): Generator<Family> {
  const broker = source.broker();
  if (broker !== null) {
    yield* topicFamilies(broker.services);
    yield* groupFamilies(broker.services);
    yield* serverFamilies(broker.services.counters);
  }
  yield* source.process.families();
  yield {
    name: 'pyralog_build_info',
    help: 'Version of Pyralog',
    type: 'gauge',
    samples: [{ labels: { version }, value: 1 }],
  };
}

function text(status: number, body: string): Answer {
  return { status, contentType: PLAIN, body: [body] };
}

function json(value: object): Answer {
  return {
    status: 200,
    contentType: 'application/json; charset=utf-8',
    body: [`${JSON.stringify(value, null, 2)}\n`],
  };
}
