/** Settings of single groups (KIP-848, KIP-932, KIP-1071): a group's own, else the broker's, else Kafka's default. */
import { outsideOf } from './broker-checks';
import type { BrokerConfig } from './broker-config';
import { brokerSynonyms } from './broker-synonyms';
import { type ConfigEntry, ConfigSource } from './config-entry';
import { type ConfigKey, checkValue, configTypeCode, integerValue, shownValue } from './keys';

export interface GroupKey extends ConfigKey {
  /** Broker key whose value a group takes when it sets none. */
  readonly synonym: string | null;
  readonly documentation: string;
}

type Row = readonly [
  name: string,
  type: ConfigKey['type'],
  defaultValue: string,
  validValues: string,
  documentation: string,
];

const rows: readonly Row[] = [
  [
    'consumer.assignment.interval.ms',
    'INT',
    '1000',
    '[0,...]',
    'Shortest time between two assignments of this consumer group.',
  ],
  [
    'consumer.heartbeat.interval.ms',
    'INT',
    '5000',
    '[1,...]',
    'Pause between heartbeats that members of this consumer group are told.',
  ],
  [
    'consumer.session.timeout.ms',
    'INT',
    '45000',
    '[1,...]',
    'Silence after which a member of this consumer group is out.',
  ],
  [
    'share.assignment.interval.ms',
    'INT',
    '1000',
    '[0,...]',
    'Shortest time between two assignments of this share group.',
  ],
  [
    'share.auto.offset.reset',
    'STRING',
    'latest',
    '',
    'Where a share group begins: "earliest", "latest", or "by_duration:" and how long ago, as PnDTnHnMn.nS.',
  ],
  [
    'share.delivery.count.limit',
    'INT',
    '5',
    '[2,...]',
    'How often a record is delivered to this share group before it is given up.',
  ],
  [
    'share.heartbeat.interval.ms',
    'INT',
    '5000',
    '[1,...]',
    'Pause between heartbeats that members of this share group are told.',
  ],
  [
    'share.isolation.level',
    'STRING',
    'read_uncommitted',
    '[read_committed, read_uncommitted]',
    'Whether this share group sees records of open transactions.',
  ],
  [
    'share.partition.max.record.locks',
    'INT',
    '2000',
    '[100,...]',
    'Most records of a partition that this share group may hold at a time.',
  ],
  [
    'share.record.lock.duration.ms',
    'INT',
    '30000',
    '[1000,...]',
    'How long a member of this share group may hold a record.',
  ],
  [
    'share.renew.acknowledge.enable',
    'BOOLEAN',
    'true',
    '',
    'Whether a member of this share group may hold a record for another while.',
  ],
  [
    'share.session.timeout.ms',
    'INT',
    '45000',
    '[1,...]',
    'Silence after which a member of this share group is out.',
  ],
  [
    'streams.assignment.interval.ms',
    'INT',
    '1000',
    '[0,...]',
    'Shortest time between two assignments of this streams group.',
  ],
  [
    'streams.heartbeat.interval.ms',
    'INT',
    '5000',
    '[1,...]',
    'Pause between heartbeats that members of this streams group are told.',
  ],
  [
    'streams.initial.rebalance.delay.ms',
    'INT',
    '3000',
    '[0,...]',
    'How long this streams group waits for more members before its first assignment.',
  ],
  [
    'streams.num.standby.replicas',
    'INT',
    '0',
    '[0,...]',
    'Standby replicas of each stateful task of this streams group.',
  ],
  [
    'streams.session.timeout.ms',
    'INT',
    '45000',
    '[1,...]',
    'Silence after which a member of this streams group is out.',
  ],
];

const withoutSynonym: readonly string[] = [
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
];

export const groupKeys: readonly GroupKey[] = rows.map(
  ([name, type, defaultValue, validValues, documentation]) => ({
    name,
    type,
    defaultValue,
    validValues,
    updateMode: 'cluster-wide',
    synonym: withoutSynonym.includes(name) ? null : `group.${name}`,
    documentation,
  }),
);

const groupKeyByName: ReadonlyMap<string, GroupKey> = new Map(groupKeys.map((key) => [key.name, key]));

/** java.time.Duration, of what is not negative. */
const ago = /^by_duration:P(?=[\dT])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{0,9})?S)?)?$/i;

/** Text of a known key as it counts for a group. */
export function groupConfigValue(
  name: string,
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
): string {
  const key = groupKeyByName.get(name)!;
  const inherited = key.synonym === null ? null : broker.value(key.synonym);
  return overrides.get(name) ?? inherited ?? key.defaultValue!;
}

/** null when a group may have these settings; otherwise the message of INVALID_CONFIG. */
export function checkGroupConfigs(values: ReadonlyMap<string, string>, broker: BrokerConfig): string | null {
  for (const [name, value] of values) {
    const key = groupKeyByName.get(name);
    if (key === undefined) return `Unknown group config name: ${name}`;
    const wrong = checkValue(key, value);
    if (wrong !== null) return wrong;
    if (name === 'share.auto.offset.reset' && !/^(earliest|latest)$/.test(value) && !ago.test(value)) {
      return `Invalid value ${value} for configuration ${name}: expected earliest, latest or by_duration:PnDTnHnMn.nS`;
    }
    const dot = name.indexOf('.');
    // The bounds of the number of standby replicas leave its first word out.
    const rest = name.slice(dot + 1).replace(/^num\./, '');
    const outside =
      key.type === 'INT'
        ? outsideOf(name, value, `group.${name.slice(0, dot)}`, rest, (bound) => broker.value(bound))
        : null;
    if (outside !== null) return outside;
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = groupConfigValue(`${kind}.session.timeout.ms`, values, broker);
    const heartbeat = groupConfigValue(`${kind}.heartbeat.interval.ms`, values, broker);
    if (integerValue(heartbeat) >= integerValue(session)) {
      return `Invalid value ${heartbeat} for configuration ${kind}.heartbeat.interval.ms: must be below ${kind}.session.timeout.ms (${session})`;
    }
  }
  return null;
}

/** Every group key with its effective value, in name order. */
export function describeGroup(
  overrides: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  withDocumentation: boolean,
): readonly ConfigEntry[] {
  return groupKeys.map((key) => {
    const value = shownValue(key, groupConfigValue(key.name, overrides, broker));
    const inherited =
      key.synonym === null
        ? [{ name: key.name, value: key.defaultValue, source: ConfigSource.default }]
        : brokerSynonyms(key.synonym, broker);
    const own = { name: key.name, value, source: ConfigSource.group };
    const synonyms = overrides.has(key.name) ? [own, ...inherited] : inherited;
    return {
      name: key.name,
      value,
      isReadOnly: false,
      source: synonyms[0]?.source ?? ConfigSource.default,
      isSensitive: false,
      type: configTypeCode[key.type],
      documentation: withDocumentation ? key.documentation : null,
      synonyms,
    };
  });
}
