/** The loggers of a broker as a resource with settings (KIP-412): a key is a logger, its value a level. */
import { ErrorCode, type IncrementalAlterConfigsRequest } from '../../protocol';
import { type ConfigEntry, ConfigSource } from '../config/config-entry';
import { clipped } from '../metadata/refused';
import type { Verdict } from '../metadata/types';
import { type LogLevel, type LogLevels, logLevels, ROOT_LOGGER } from '../telemetry-levels';
import type { BrokerServices } from './handler';

type AlteredLoggers = IncrementalAlterConfigsRequest['resources'][number];

export function describeLoggers(levels: LogLevels): readonly ConfigEntry[] {
  return levels.names.map((name) => ({
    name,
    value: levels.level(name),
    isReadOnly: false,
    source: ConfigSource.dynamicBrokerLogger,
    isSensitive: false,
    type: 0,
    documentation: null,
    synonyms: [],
  }));
}

/** One verdict for each resource. Each of them changes all of its levels or none. */
export function alterLoggers(
  resources: readonly AlteredLoggers[],
  { nodeId, logLevels: levels }: Pick<BrokerServices, 'nodeId' | 'logLevels'>,
  validateOnly: boolean,
): readonly Verdict[] {
  const counts = new Map<string, number>();
  for (const { resourceName } of resources) counts.set(resourceName, (counts.get(resourceName) ?? 0) + 1);
  return resources.map((resource): Verdict => {
    const { configs } = resource;
    const problem = checkResource(resource, counts, nodeId) ?? checkChanges(configs, levels);
    if (problem !== null) return problem;
    if (!validateOnly) {
      for (const { name, configOperation, value } of configs) {
        levels.setLevel(name, configOperation === SET ? (value as LogLevel) : null);
      }
    }
    return { errorCode: ErrorCode.NONE, errorMessage: null };
  });
}

const SET = 0;
const DELETE = 1;
const LIST_OPERATION_LAST = 3;

type Change = AlteredLoggers['configs'][number];

const wrong = (errorCode: ErrorCode, message: string | null): Verdict => ({
  errorCode,
  errorMessage: message === null ? null : clipped(message),
});

function checkResource(
  { resourceName, configs }: AlteredLoggers,
  counts: ReadonlyMap<string, number>,
  nodeId: number,
): Verdict | null {
  const invalid = (message: string): Verdict => wrong(ErrorCode.INVALID_REQUEST, message);
  if (counts.get(resourceName) !== 1) {
    return invalid('The request names this resource more than once.');
  }
  if (new Set(configs.map(({ name }) => name)).size !== configs.length) {
    return invalid('The request names a key of this resource more than once.');
  }
  if (resourceName === String(nodeId)) return null;
  return invalid(
    `Loggers belong to one broker, named by its id: '${resourceName}' is not that of this broker, ${nodeId}.`,
  );
}

function checkChanges(changes: readonly Change[], levels: LogLevels): Verdict | null {
  for (const change of changes) {
    const problem = checkChange(change, levels);
    if (problem !== null) return problem;
  }
  return null;
}

function checkChange({ name, configOperation, value }: Change, levels: LogLevels): Verdict | null {
  if (configOperation < SET || configOperation > LIST_OPERATION_LAST) {
    return wrong(ErrorCode.UNKNOWN_SERVER_ERROR, null);
  }
  if (configOperation > DELETE) {
    return wrong(ErrorCode.INVALID_REQUEST, 'A level is no list: it can be set and deleted.');
  }
  if (configOperation === SET && value === null) {
    return wrong(ErrorCode.INVALID_REQUEST, `A value is missing, null is none: ${name}`);
  }
  if (!levels.has(name)) return wrong(ErrorCode.INVALID_CONFIG, `There is no logger '${name}'.`);
  if (configOperation === DELETE) {
    return name === ROOT_LOGGER
      ? wrong(ErrorCode.INVALID_REQUEST, 'The root logger needs a level: others follow it.')
      : null;
  }
  if ((logLevels as readonly (string | null)[]).includes(value)) return null;
  return wrong(
    ErrorCode.INVALID_CONFIG,
    `Invalid value ${value} for logger ${name}: expected one of ${logLevels.join(', ')}`,
  );
}
