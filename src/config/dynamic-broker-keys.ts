/** Which broker keys may change while the broker runs (KIP-226), at which level, and to what. */
import { checkBrokerTogether } from './broker-checks';
import { type BrokerConfig, brokerKeys, type DynamicSettings } from './broker-config';
import { baseKeyOfListenerKey } from './broker-synonyms';
import { type ConfigKey, checkValue, type UpdateMode } from './keys';

/** What reassignment tools set and clear again. Known at run time alone: a file does not have them. */
const throttleKeys: ReadonlyMap<string, ConfigKey> = new Map(
  [
    'leader.replication.throttled.rate',
    'follower.replication.throttled.rate',
    'replica.alter.log.dirs.io.max.bytes.per.second',
  ].map((name) => [
    name,
    { name, type: 'LONG', defaultValue: null, validValues: '[0,...]', updateMode: 'per-broker' },
  ]),
);

/** Kafka changes these while it runs; here sockets and directories are as the start found them. */
const fixedHere: ReadonlySet<string> = new Set([
  'listeners',
  'listener.security.protocol.map',
  'cordoned.log.dirs',
]);

/** Of the keys of one listener, those that all brokers may share. */
const clusterWideListenerKeys: readonly string[] = [
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
];

/** undefined for a key that nobody knows, which may be a plug-in's. */
export function dynamicKey(name: string): ConfigKey | undefined {
  return brokerKeys.get(name) ?? throttleKeys.get(name);
}

/** Of a key by its own name; keys of single listeners and unknown ones count as read-only there. */
export function updateModeOf(name: string): UpdateMode {
  return fixedHere.has(name) ? 'read-only' : (dynamicKey(name)?.updateMode ?? 'read-only');
}

/** Dynamic settings as they would be, of which those of `changed` are new: null when they may be so. */
export function checkDynamicSettings(
  layers: DynamicSettings,
  changed: keyof DynamicSettings,
  config: BrokerConfig,
): string | null {
  const values = layers[changed];
  const names = [...values.keys()];
  const listed = (which: (name: string) => boolean, words: string): string | null => {
    const found = names.filter(which);
    return found.length === 0 ? null : `${words}: ${found.join(', ')}`;
  };
  const wrong =
    listed(
      (name) => dynamicKey(name) !== undefined && updateModeOf(name) === 'read-only',
      'These settings cannot be changed while the broker runs',
    ) ??
    listed(
      (name) => name.startsWith('ssl.') && updateModeOf(name) === 'per-broker',
      'These settings can be changed for single listeners only, as listener.name.<listener>.<key>',
    ) ??
    firstWrongValue(values) ??
    (changed === 'broker'
      ? null
      : listed(isOfOneBroker, 'These settings can be changed for single brokers only, by broker id'));
  if (wrong !== null) return wrong;
  const textOf = (key: string): string | null =>
    layers.broker.get(key) ?? layers.cluster.get(key) ?? config.settings.get(key) ?? config.defaultValue(key);
  return checkBrokerTogether(textOf)[0] ?? null;
}

function firstWrongValue(values: ReadonlyMap<string, string>): string | null {
  for (const [name, value] of values) {
    const key = dynamicKey(name) ?? dynamicKey(baseKeyOfListenerKey(name) ?? name);
    const wrong = key === undefined ? null : checkValue(key, value);
    if (wrong !== null) return wrong;
  }
  return null;
}

function isOfOneBroker(name: string): boolean {
  if (throttleKeys.has(name)) return false;
  const base = baseKeyOfListenerKey(name);
  if (base !== null) return !clusterWideListenerKeys.includes(base);
  return updateModeOf(name) === 'per-broker';
}
