/** Controller operations on brokers and feature levels. */
import type { BrokerConfig } from '../config/broker-config';
import type { ControllerOutcome, ControllerState } from './controller-state';
import { initialFeatureLevels } from './features';
import type { MetadataRecord } from './records';
import type { BrokerImage, EndpointImage } from './types';

export interface BrokerRegistration {
  readonly id: number;
  readonly incarnation: string;
  readonly endpoints: readonly EndpointImage[];
  readonly rack: string | null;
}

/**
 * Registers a broker. A registration that says what the image says already writes nothing, so that a restart costs no
 * commit. The first one of a cluster also finalizes the feature levels, ahead of everything else in the log as Kafka
 * has it.
 *
 * @param nextOffset  Offset the first record of this operation gets; a broker's epoch is its record's offset.
 */
export function registerBroker(
  state: ControllerState,
  registration: BrokerRegistration,
  nextOffset: number,
): ControllerOutcome<{ readonly epoch: number }> {
  const known = state.image.brokers.get(registration.id);
  if (known !== undefined && saysTheSame(known, registration)) {
    return { records: [], response: { epoch: known.epoch } };
  }
  const records: MetadataRecord[] = [];
  if (state.image.features.size === 0) {
    for (const [name, level] of initialFeatureLevels) records.push({ kind: 'feature-level', name, level });
  }
  const epoch = nextOffset + records.length;
  records.push({ kind: 'register-broker', broker: { ...registration, epoch, isFenced: false } });
  return { records, response: { epoch } };
}

function saysTheSame(known: BrokerImage, registration: BrokerRegistration): boolean {
  return (
    !known.isFenced &&
    known.incarnation === registration.incarnation &&
    known.rack === registration.rack &&
    known.endpoints.length === registration.endpoints.length &&
    known.endpoints.every((endpoint, at) => {
      const other = registration.endpoints[at]!;
      return (
        endpoint.listenerName === other.listenerName &&
        endpoint.securityProtocol === other.securityProtocol &&
        endpoint.host === other.host &&
        endpoint.port === other.port
      );
    })
  );
}

/** Where clients reach a broker, as its registration tells everybody. */
export function endpointsOf({ advertisedListeners, listeners }: BrokerConfig): readonly EndpointImage[] {
  return (advertisedListeners ?? listeners).map(({ name, securityProtocol, host, port }) => ({
    listenerName: name,
    securityProtocol,
    host,
    port,
  }));
}
