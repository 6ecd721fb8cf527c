/** Subscriptions to metrics of clients (KIP-714): which clients report what, and how often. */
import { type ConfigEntry, ConfigSource } from './config-entry';
import { type ConfigKey, checkValue, configTypeCode, integerValue, listElements, shownValue } from './keys';

interface ClientMetricsKey extends ConfigKey {
  readonly documentation: string;
}

const keys: readonly ClientMetricsKey[] = [
  {
    name: 'interval.ms',
    type: 'INT',
    defaultValue: '300000',
    validValues: '',
    updateMode: 'cluster-wide',
    documentation: 'Pause between two reports of a client, from 100 ms to an hour.',
  },
  {
    name: 'match',
    type: 'LIST',
    defaultValue: '',
    validValues: '',
    updateMode: 'cluster-wide',
    documentation:
      'Clients that report, as name=pattern for each property that must match; empty for all of them.',
  },
  {
    name: 'metrics',
    type: 'LIST',
    defaultValue: '',
    validValues: '',
    updateMode: 'cluster-wide',
    documentation: 'Beginnings of the names of metrics that are reported; * for all of them.',
  },
];

const keyByName: ReadonlyMap<string, ClientMetricsKey> = new Map(keys.map((key) => [key.name, key]));

const matchable: readonly string[] = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
];

export interface ClientMetricsProblem {
  /** A key or an interval that cannot be is a bad request, a bad value a bad config. */
  readonly isRequest: boolean;
  readonly message: string;
}

/** null when a subscription may have these settings. */
export function checkClientMetricsConfigs(values: ReadonlyMap<string, string>): ClientMetricsProblem | null {
  for (const [name, value] of values) {
    const key = keyByName.get(name);
    if (key === undefined) return { isRequest: true, message: `Unknown client metrics config name: ${name}` };
    const wrong = checkValue(key, value);
    if (wrong !== null) return { isRequest: false, message: wrong };
    const elements = listElements(value);
    if (key.type === 'LIST' && elements.includes('')) {
      return {
        isRequest: false,
        message: `Invalid value ${value} for configuration ${name}: an element is empty`,
      };
    }
    if (name === 'interval.ms' && (integerValue(value) < 100 || integerValue(value) > 3_600_000)) {
      return {
        isRequest: true,
        message: `Invalid value ${value} for configuration ${name}: expected 100 to 3600000`,
      };
    }
    if (name !== 'match') continue;
    const odd = elements.find((element) => !isPattern(element));
    if (odd !== undefined) {
      return {
        isRequest: false,
        message: `Invalid value ${odd} for configuration ${name}: expected <property>=<pattern> with one of ${matchable.join(', ')}`,
      };
    }
  }
  return null;
}

function isPattern(element: string): boolean {
  const [name, pattern, ...rest] = element.split('=');
  if (pattern === undefined || rest.length > 0 || !matchable.includes(name!.trim())) return false;
  try {
    new RegExp(pattern.trim());
    return true;
  } catch {
    return false;
  }
}

/** Every key of a subscription; one that nobody made has the defaults. */
export function describeClientMetrics(
  overrides: ReadonlyMap<string, string>,
  withDocumentation: boolean,
): readonly ConfigEntry[] {
  return keys.map((key) => {
    const own = overrides.get(key.name);
    const value = shownValue(key, own ?? key.defaultValue!);
    const source = own === undefined ? ConfigSource.default : ConfigSource.clientMetrics;
    return {
      name: key.name,
      value,
      isReadOnly: false,
      source,
      isSensitive: false,
      type: configTypeCode[key.type],
      documentation: withDocumentation ? key.documentation : null,
      synonyms: own === undefined ? [] : [{ name: key.name, value, source }],
    };
  });
}
