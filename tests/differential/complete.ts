/**
 * Makes a whole request out of what a scenario says of it: fields that it leaves out take the values that a client
 * would send, and a field that no version has is a mistake of the scenario.
 */
import { type AnyField, type AnyType, type Fields, type Message, zeroUuid } from '../../protocol/schema';
import { ScenarioSyntaxError } from './values';

/** What a request says where a scenario is silent and the zero of the type would be an odd thing to ask. */
const usual: Readonly<Record<string, unknown>> = {
  'ProduceRequest.acks': -1,
  'ProduceRequest.timeoutMs': 5_000,
  'FetchRequest.maxBytes': 10_000_000,
  'FetchRequest.minBytes': 1,
  'FetchRequest.sessionEpoch': -1,
  'FetchRequest.topics.partitions.partitionMaxBytes': 1_000_000,
  'FetchRequest.topics.partitions.logStartOffset': -1,
  'ListOffsetsRequest.replicaId': -1,
  'MetadataRequest.topics': null,
  'MetadataRequest.allowAutoTopicCreation': false,
  'CreateTopicsRequest.timeoutMs': 10_000,
  'CreateTopicsRequest.topics.numPartitions': 1,
  'CreateTopicsRequest.topics.replicationFactor': 1,
  'DeleteTopicsRequest.timeoutMs': 10_000,
  'DeleteRecordsRequest.timeoutMs': 10_000,
  'CreatePartitionsRequest.timeoutMs': 10_000,
  'CreatePartitionsRequest.topics.assignments': null,
  'DescribeConfigsRequest.resources.configurationKeys': null,
  'DescribeLogDirsRequest.topics': null,
  'ElectLeadersRequest.timeoutMs': 10_000,
  'OffsetForLeaderEpochRequest.replicaId': -1,
  'InitProducerIdRequest.transactionTimeoutMs': 60_000,
  'JoinGroupRequest.sessionTimeoutMs': 10_000,
  'JoinGroupRequest.rebalanceTimeoutMs': 10_000,
  'JoinGroupRequest.protocolType': 'consumer',
  'OffsetCommitRequest.generationIdOrMemberEpoch': -1,
  'OffsetFetchRequest.groups.memberEpoch': -1,
  'UpdateFeaturesRequest.timeoutMs': 10_000,
  'AlterPartitionReassignmentsRequest.timeoutMs': 10_000,
  'ListPartitionReassignmentsRequest.timeoutMs': 10_000,
  'ListPartitionReassignmentsRequest.topics': null,
};

/** Names beside a `topicId` that say which topic is meant. */
const siblings = ['name', 'topic', 'topicName'];

export function complete(
  message: Message,
  version: number,
  given: unknown,
  topicIdOf: (name: string) => string,
): unknown {
  return completeStruct(message.fields, version, given, message.name, topicIdOf);
}

function isField(of: AnyType | AnyField): of is AnyField {
  return 'type' in of;
}

function completeStruct(
  fields: Fields,
  version: number,
  given: unknown,
  path: string,
  topicIdOf: (name: string) => string,
): unknown {
  if (given === null) return null;
  if (typeof given !== 'object' || Array.isArray(given))
    throw new ScenarioSyntaxError(`${path}: expected {…}`);
  const values = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(values)) {
    if (fields[name] === undefined) {
      throw new ScenarioSyntaxError(`${path} has no ${name}, but ${Object.keys(fields).join(', ')}`);
    }
  }
  const whole: Record<string, unknown> = {};
  for (const [name, of] of Object.entries(fields)) {
    if (!isPresent(of, version)) continue;
    const type = isField(of) ? of.type : of;
    const here = `${path}.${name}`;
    const value = values[name];
    if (value !== undefined) whole[name] = completeType(type, version, value, here, topicIdOf);
    else if (name === 'topicId') {
      const named = siblings.find((sibling) => typeof values[sibling] === 'string');
      // Where a version has both, the scenario says which of them it means.
      const isOnly = named !== undefined && !isPresent(fields[named]!, version);
      whole[name] = isOnly ? topicIdOf(values[named] as string) : zeroUuid;
    } else if (here in usual) whole[name] = usual[here];
    else if (!(isField(of) && of.default !== undefined)) whole[name] = zeroOf(type, version, here, topicIdOf);
  }
  return whole;
}

function isPresent(of: AnyType | AnyField, version: number): boolean {
  return !isField(of) || (version >= of.since && version <= of.until);
}

function completeType(
  type: AnyType,
  version: number,
  value: unknown,
  path: string,
  topicIdOf: (name: string) => string,
): unknown {
  const { shape } = type;
  switch (shape.kind) {
    case 'nullable':
      return value === null ? null : completeType(shape.of, version, value, path, topicIdOf);
    case 'struct':
      return completeStruct(shape.fields, version, value, path, topicIdOf);
    case 'array':
      if (!Array.isArray(value)) return value;
      return value.map((item) => completeType(shape.element, version, item, path, topicIdOf));
    case 'string':
      return ['number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : value;
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return typeof value === 'string' && value !== '' ? Number(value) : value;
    default:
      return value;
  }
}

function zeroOf(type: AnyType, version: number, path: string, topicIdOf: (name: string) => string): unknown {
  const { shape } = type;
  switch (shape.kind) {
    case 'nullable':
      return version >= shape.since ? null : zeroOf(shape.of, version, path, topicIdOf);
    case 'struct':
      return completeStruct(shape.fields, version, {}, path, topicIdOf);
    case 'array':
      return [];
    case 'string':
      return '';
    case 'bytes':
    case 'records':
      return Buffer.alloc(0);
    case 'uuid':
      return zeroUuid;
    case 'bool':
      return false;
    default:
      return 0;
  }
}
