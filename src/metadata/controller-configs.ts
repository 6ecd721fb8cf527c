/** Controller operation on settings: of topics, brokers, groups and client metrics (protocol.md behaviour 23). */
import { ErrorCode } from '../../protocol';
import type { BrokerConfig, DynamicSettings } from '../config/broker-config';
import { checkClientMetricsConfigs } from '../config/client-metrics-config';
import { ResourceType } from '../config/config-entry';
import { checkDynamicSettings, dynamicKey } from '../config/dynamic-broker-keys';
import { checkGroupConfigs } from '../config/group-config';
import type { ConfigKey } from '../config/keys';
import { checkTopicConfigs } from '../config/topic-config';
import { topicKeyByName } from '../config/topic-keys';
import type { ControllerContext, ControllerOutcome, ControllerState } from './controller-state';
import { type ClusterImage, configsOf, resourceKey } from './image';
import type { MetadataRecord } from './records';
import { type Refused, refused } from './refused';
import { checkTopicName } from './topic-names';
import type { AlteredResource, Verdict } from './types';

export interface AlterConfigs {
  readonly resources: readonly AlteredResource[];
  readonly validateOnly: boolean;
}

/** Every resource succeeds or fails by itself, and as a whole: one bad key, and none of its settings change. */
export function alterConfigs(
  state: Pick<ControllerState, 'image'>,
  request: AlterConfigs,
  { config }: Pick<ControllerContext, 'config'>,
): ControllerOutcome<readonly Verdict[]> {
  const records: MetadataRecord[] = [];
  const counts = new Map<string, number>();
  for (const { type, name } of request.resources) {
    const key = resourceKey(type, name);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  let brokerLayers: DynamicSettings = {
    broker: configsOf(state.image, ResourceType.broker, String(config.nodeId)),
    cluster: configsOf(state.image, ResourceType.broker, ''),
  };
  const verdicts = request.resources.map((resource): Verdict => {
    if (counts.get(resourceKey(resource.type, resource.name)) !== 1) {
      return refused(ErrorCode.INVALID_REQUEST, 'The request names this resource more than once.');
    }
    const planned = planChanges(state.image, resource, config, brokerLayers);
    if ('errorCode' in planned) return planned;
    if (!request.validateOnly) records.push(...planned.records);
    // Those of one broker and of all brokers have to go together, also where one request changes both.
    if (resource.type === ResourceType.broker)
      brokerLayers = withLayer(brokerLayers, resource, planned.after);
    return { errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: verdicts };
}

interface PlannedChanges {
  readonly records: readonly MetadataRecord[];
  readonly after: ReadonlyMap<string, string>;
}

function planChanges(
  image: ClusterImage,
  resource: AlteredResource,
  broker: BrokerConfig,
  brokerLayers: DynamicSettings,
): PlannedChanges | Verdict {
  const { type, name, changes, replacesAll } = resource;
  const wrong = checkShape(resource) ?? checkResourceName(resource, broker);
  if (wrong !== null) return wrong;
  const before = configsOf(image, type, name);
  const after = new Map(replacesAll ? [] : before);
  for (const change of changes) {
    const value = valueAfter(type, change, before.get(change.name));
    if (value !== null && typeof value !== 'string') return value;
    if (value === null) after.delete(change.name);
    else after.set(change.name, value);
  }
  const problem = checkValues(resource, after, broker, brokerLayers);
  if (problem !== null) return problem;
  if (type === ResourceType.topic && !image.topicsByName.has(name)) {
    return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  return { records: recordsOf(resource, before, after), after };
}

function checkShape({ changes }: AlteredResource): Refused | null {
  if (new Set(changes.map((change) => change.name)).size !== changes.length) {
    return refused(ErrorCode.INVALID_REQUEST, 'The request names a key of this resource more than once.');
  }
  const missing = changes.filter(({ operation, value }) => operation !== 'delete' && value === null);
  if (missing.length === 0) return null;
  const names = missing.map(({ name }) => name).join(', ');
  return refused(ErrorCode.INVALID_REQUEST, `A value is missing, null is none: ${names}`);
}

function checkResourceName({ type, name }: AlteredResource, { nodeId }: BrokerConfig): Refused | null {
  const invalid = (message: string): Refused => refused(ErrorCode.INVALID_REQUEST, message);
  switch (type) {
    case ResourceType.topic: {
      if (name === '')
        return invalid('Settings belong to a topic with a name; defaults are set for the broker.');
      const wrong = checkTopicName(name);
      return wrong === null ? null : refused(ErrorCode.INVALID_TOPIC_EXCEPTION, wrong);
    }
    case ResourceType.broker:
      if (name === '' || name === String(nodeId)) return null;
      return /^-?\d+$/.test(name)
        ? invalid(`Broker ${name} has to be asked for its settings itself, this is broker ${nodeId}.`)
        : invalid(`A broker is named by its id, and '${name}' is no number.`);
    case ResourceType.group:
      return name === '' ? invalid('A group needs a name; defaults are set for the broker.') : null;
    case ResourceType.clientMetrics:
      return name === '' ? invalid('A subscription to client metrics needs a name.') : null;
    default:
      return invalid(`Resources of type ${type} have no settings.`);
  }
}

function keyOf(type: number, name: string): ConfigKey | undefined {
  if (type === ResourceType.topic) return topicKeyByName.get(name);
  return type === ResourceType.broker ? dynamicKey(name) : undefined;
}

/** null: not set any more. */
function valueAfter(
  type: number,
  { name, operation, value }: AlteredResource['changes'][number],
  before: string | undefined,
): string | null | Verdict {
  switch (operation) {
    case 'set':
      return value;
    case 'delete':
      return null;
    case 'append':
    case 'subtract': {
      const key = keyOf(type, name);
      if (key?.type !== 'LIST') {
        return refused(
          ErrorCode.INVALID_CONFIG,
          `Only lists can be added to and taken from, and ${name} is none.`,
        );
      }
      const parts = (before ?? key.defaultValue ?? '').split(',').filter((part) => part !== '');
      return (operation === 'append' ? added : removed)(parts, value!.split(',')).join(',');
    }
    default:
      return type === ResourceType.broker
        ? refused(ErrorCode.INVALID_REQUEST, `What is to be done with ${name} is unknown.`)
        : { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null };
  }
}

function added(parts: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...parts, ...more])];
}

/** Each of `less` takes one occurrence. */
function removed(parts: readonly string[], less: readonly string[]): readonly string[] {
  const left = [...parts];
  for (const part of less) {
    const at = left.indexOf(part);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

function withLayer(
  layers: DynamicSettings,
  { name }: Pick<AlteredResource, 'name'>,
  values: ReadonlyMap<string, string>,
): DynamicSettings {
  return name === '' ? { ...layers, cluster: values } : { ...layers, broker: values };
}

function checkValues(
  { type, name }: AlteredResource,
  values: ReadonlyMap<string, string>,
  broker: BrokerConfig,
  brokerLayers: DynamicSettings,
): Refused | null {
  const invalidConfig = (message: string | null): Refused | null =>
    message === null ? null : refused(ErrorCode.INVALID_CONFIG, message);
  switch (type) {
    case ResourceType.topic:
      return invalidConfig(checkTopicConfigs([...values].map(([key, value]) => ({ name: key, value }))));
    case ResourceType.group:
      return invalidConfig(checkGroupConfigs(values, broker));
    case ResourceType.clientMetrics: {
      const problem = checkClientMetricsConfigs(values);
      if (problem === null) return null;
      return refused(
        problem.isRequest ? ErrorCode.INVALID_REQUEST : ErrorCode.INVALID_CONFIG,
        problem.message,
      );
    }
    default: {
      const layers = withLayer(brokerLayers, { name }, values);
      const wrong = checkDynamicSettings(layers, name === '' ? 'cluster' : 'broker', broker);
      return wrong === null ? null : refused(ErrorCode.INVALID_REQUEST, wrong);
    }
  }
}

function recordsOf(
  { type, name: resourceName }: AlteredResource,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly MetadataRecord[] {
  const records: MetadataRecord[] = [];
  const add = (name: string, value: string | null): void => {
    records.push(
      type === ResourceType.topic
        ? { kind: 'topic-config', topicName: resourceName, name, value }
        : { kind: 'resource-config', resourceType: type, resourceName, name, value },
    );
  };
  for (const [name, value] of after) if (before.get(name) !== value) add(name, value);
  for (const name of before.keys()) if (!after.has(name)) add(name, null);
  return records;
}
