/** Requests and connections of one broker. */
import { apiByKey } from '../../protocol';
import type { BrokerCounters } from '../telemetry-counters';
import { type Family, type Sample, single } from './exposition';

export function* serverFamilies(counters: BrokerCounters): Generator<Family> {
  yield {
    name: 'kafka_network_requestmetrics_requests_total',
    help: 'Requests that a handler saw, by API',
    type: 'counter',
    samples: requestSamples(counters),
  };
  const { connectionsOpened, connectionsClosed, connectionsRefused } = counters;
  const name = 'kafka_server_socket_server_metrics_connection_';
  const open = connectionsOpened - connectionsClosed;
  yield single(`${name}count`, 'gauge', 'Open connections of clients', open);
  yield single(`${name}creation_total`, 'counter', 'Connections accepted', connectionsOpened);
  yield single(`${name}close_total`, 'counter', 'Connections closed', connectionsClosed);
  yield single(`${name}refused_total`, 'counter', 'Connections refused by a limit', connectionsRefused);
}

function* requestSamples({ requests }: BrokerCounters): Generator<Sample> {
  for (let key = 0; key < requests.length; key++) {
    const value = requests[key]!;
    if (value > 0) yield { labels: { request: apiByKey(key)?.name ?? String(key) }, value };
  }
}
