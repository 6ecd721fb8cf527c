/** Broker settings as DescribeConfigs shows them. */
import { type BrokerConfig, brokerKeys } from './broker-config';
import { brokerKeyTexts } from './broker-key-texts';
import { baseKeyOfListenerKey, brokerSynonyms } from './broker-synonyms';
import { type ConfigEntry, ConfigSource, type ConfigSynonym } from './config-entry';
import { dynamicKey, updateModeOf } from './dynamic-broker-keys';
import { configTypeCode, shownValue } from './keys';
import { topicKeys } from './topic-keys';

/** Keys of a Kafka newer than the one we follow, and those that it hides: shown only where they are set. */
const hiddenKeys: ReadonlySet<string> = new Set([
  'controller.performance.always.log.threshold.ms',
  'controller.performance.sample.period.ms',
  'errors.deadletterqueue.auto.create.topics.enable',
  'errors.deadletterqueue.topic.name.prefix',
  'group.consumer.assignor.offload.enable',
  'group.consumer.regex.refresh.interval.ms',
  'group.share.assignor.offload.enable',
  'group.share.dlq.manager.class.name',
  'group.share.initialize.retry.interval.ms',
  'group.share.persister.class.name',
  'group.streams.acceptable.recovery.lag',
  'group.streams.assignor.offload.enable',
  'group.streams.assignors',
  'group.streams.max.warmup.replicas',
  'group.streams.min.task.offset.interval.ms',
  'group.streams.num.warmup.replicas',
  'group.streams.rack.aware.assignment.tags',
  'group.streams.task.offset.interval.ms',
  'group.streams.topology.description.plugin.class',
  'internal.metadata.delete.delay.millis',
  'internal.metadata.log.segment.bytes',
  'internal.metadata.max.batch.size.in.bytes',
  'log.initial.task.delay.ms',
  'log.remote.copy.lag.bytes',
  'log.remote.copy.lag.ms',
  'producer.id.expiration.check.interval.ms',
  'remote.log.index.file.cache.ttl.ms',
  'remote.log.manager.task.retry.backoff.max.ms',
  'remote.log.manager.task.retry.backoff.ms',
  'remote.log.manager.task.retry.jitter',
  'sasl.oauthbearer.allow.unverified.audience',
  'sasl.oauthbearer.allow.unverified.issuer',
  'server.max.startup.time.ms',
  'share.coordinator.cold.partition.snapshot.interval.ms',
  'share.coordinator.state.topic.prune.interval.ms',
  'unclean.leader.election.interval.ms',
  'unstable.api.versions.enable',
  'unstable.feature.versions.enable',
]);

/** Every setting of this broker with what counts, in name order; keys that nobody knows are there when they are set. */
export function describeBroker(config: BrokerConfig, withDocumentation: boolean): readonly ConfigEntry[] {
  const { dynamic, settings } = config;
  const names = new Set([...settings.keys(), ...dynamic.cluster.keys(), ...dynamic.broker.keys()]);
  for (const name of brokerKeys.keys()) if (!hiddenKeys.has(name)) names.add(name);
  const texts = withDocumentation ? documentation() : null;
  return [...names]
    .sort()
    .map((name) => entryOf(name, config.value(name), brokerSynonyms(name, config), texts));
}

/** What was set for all brokers at once, as the metadata log has it. */
export function describeAllBrokers(
  settings: ReadonlyMap<string, string>,
  withDocumentation: boolean,
): readonly ConfigEntry[] {
  const texts = withDocumentation ? documentation() : null;
  return [...settings]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => {
      const synonym = { name, value, source: ConfigSource.dynamicDefaultBroker };
      return entryOf(name, value, [synonym], texts);
    });
}

function entryOf(
  name: string,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  texts: ReadonlyMap<string, string> | null,
): ConfigEntry {
  const key = dynamicKey(name) ?? dynamicKey(baseKeyOfListenerKey(name) ?? name);
  // What nobody knows may be the secret of a plug-in.
  const isSensitive = key === undefined || key.type === 'PASSWORD';
  const effective = value ?? synonyms[0]?.value ?? null;
  return {
    name,
    value: isSensitive || effective === null ? null : shownValue(key, effective),
    isReadOnly: updateModeOf(name) === 'read-only',
    source: synonyms[0]?.source ?? ConfigSource.default,
    isSensitive,
    type: key === undefined ? 0 : configTypeCode[key.type],
    documentation: texts?.get(key?.name ?? name) ?? null,
    synonyms: isSensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms,
  };
}

function documentation(): ReadonlyMap<string, string> {
  const texts = new Map(brokerKeyTexts());
  for (const { synonym, documentation: text } of topicKeys) {
    if (synonym !== null) texts.set(synonym, `Default of topics that do not say otherwise. ${text}`);
  }
  return texts;
}
