import type {
  ErrorCode,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  InputOf,
} from '../../protocol';
import { ResourceType } from '../config/config-entry';
import type { AlteredResource, ConfigOperation, Verdict } from '../metadata/types';
import { alterLoggers } from './broker-loggers';
import type { Handler } from './handler';

type Response = InputOf<typeof IncrementalAlterConfigsResponse>;

type Altered = IncrementalAlterConfigsRequest['resources'][number];

const operations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract'];

/**
 * IncrementalAlterConfigs: v0-1.
 *
 * Behaviour: sets, deletes, extends and shortens single settings; each resource succeeds or fails by itself and as a whole
 * (23). Settings act at once, on running partitions too. Levels of loggers last as long as the process.
 * Versions: v1 flexible.
 */
export const incrementalAlterConfigs: Handler<IncrementalAlterConfigsRequest, Response> = {
  apiKey: 44,
  handle(request, { broker }) {
    const { resources, validateOnly } = request;
    const isLoggers = ({ resourceType }: Altered): boolean => resourceType === ResourceType.brokerLogger;
    const loggers = alterLoggers(resources.filter(isLoggers), broker, validateOnly);
    const settings = resources.filter((resource) => !isLoggers(resource)).map(asked);
    return {
      response: new Promise((fulfil) => {
        broker.metadata.alterConfigs({ resources: settings, validateOnly }, (verdicts) => {
          const ofLoggers = loggers.values();
          const ofSettings = verdicts.values();
          const inOrder = resources.map(
            (resource) => (isLoggers(resource) ? ofLoggers : ofSettings).next().value!,
          );
          fulfil(answer(request, inOrder));
        });
      }),
    };
  },
  refuse: (request, errorCode) =>
    answer(
      request,
      request.resources.map(() => ({ errorCode: errorCode as ErrorCode, errorMessage: null })),
    ),
};

function asked({ resourceType, resourceName, configs }: Altered): AlteredResource {
  return {
    type: resourceType,
    name: resourceName,
    changes: configs.map(({ name, configOperation, value }) => ({
      name,
      operation: operations[configOperation] ?? null,
      value,
    })),
    replacesAll: false,
  };
}

function answer({ resources }: IncrementalAlterConfigsRequest, verdicts: readonly Verdict[]): Response {
  return {
    throttleTimeMs: 0,
    responses: resources.map(({ resourceType, resourceName }, at) => ({
      ...verdicts[at]!,
      resourceType,
      resourceName,
    })),
  };
}
