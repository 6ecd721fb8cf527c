/** The names a broker key goes by, and every value that any of them has, in the order in which they count. */
import type { BrokerConfig } from './broker-config';
import { ConfigSource, type ConfigSynonym } from './config-entry';

/** Finest unit first: it counts before the coarser ones of the same layer. */
const families: readonly (readonly string[])[] = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
];

const ofOneListener = /^listener\.name\.[^.]+\.(.+)$/;

/** Keys whose listener form also names a SASL mechanism: `listener.name.x.plain.sasl.jaas.config`. */
const ofOneMechanism: readonly string[] = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
];

/** `listener.name.internal.ssl.key.password` -> `ssl.key.password`; null for a key of no single listener. */
export function baseKeyOfListenerKey(name: string): string | null {
  const base = ofOneListener.exec(name)?.[1];
  if (base === undefined) return null;
  return ofOneMechanism.find((key) => base.endsWith(key)) ?? base;
}

function namesOf(key: string): readonly string[] {
  if (key === 'log.flush.interval.ms') return [key, 'log.flush.scheduler.interval.ms'];
  const base = baseKeyOfListenerKey(key);
  if (base !== null) return [key, base];
  return families.find((family) => family.includes(key)) ?? [key];
}

/** Begins with the key itself, or is empty: what only finer units say is not said of it. */
export function brokerSynonyms(key: string, config: BrokerConfig): readonly ConfigSynonym[] {
  const names = namesOf(key);
  const { dynamic, settings } = config;
  const synonyms: ConfigSynonym[] = [];
  const add = (source: number, textOf: (name: string) => string | null | undefined): void => {
    for (const name of names) {
      const value = textOf(name) ?? null;
      if (value !== null) synonyms.push({ name, value, source });
    }
  };
  add(ConfigSource.dynamicBroker, (name) => dynamic.broker.get(name));
  add(ConfigSource.dynamicDefaultBroker, (name) => dynamic.cluster.get(name));
  add(ConfigSource.staticBroker, (name) => settings.get(name));
  add(ConfigSource.default, (name) => config.defaultValue(name));
  const first = synonyms.findIndex(({ name }) => name === key);
  return first < 0 ? [] : synonyms.slice(first);
}
