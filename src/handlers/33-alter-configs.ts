import type { AlterConfigsRequest, AlterConfigsResponse, ErrorCode, InputOf } from '../../protocol';
import type { Verdict } from '../metadata/types';
import type { Handler } from './handler';

type Response = InputOf<typeof AlterConfigsResponse>;

/**
 * AlterConfigs: v0-2.
 *
 * Behaviour: replaces all settings of each resource by those that are named, whatever was set before (23). Loggers have no
 * part in it. Clients that know IncrementalAlterConfigs use that instead.
 * Versions: v2 flexible.
 */
export const alterConfigs: Handler<AlterConfigsRequest, Response> = {
  apiKey: 33,
  handle(request, { broker }) {
    const { validateOnly } = request;
    const resources = request.resources.map(({ resourceType, resourceName, configs }) => ({
      type: resourceType,
      name: resourceName,
      changes: configs.map(({ name, value }) => ({ name, operation: 'set' as const, value })),
      replacesAll: true,
    }));
    return {
      response: new Promise((fulfil) => {
        broker.metadata.alterConfigs({ resources, validateOnly }, (verdicts) =>
          fulfil(answer(request, verdicts)),
        );
      }),
    };
  },
  refuse: (request, errorCode) =>
    answer(
      request,
      request.resources.map(() => ({ errorCode: errorCode as ErrorCode, errorMessage: null })),
    ),
};

function answer({ resources }: AlterConfigsRequest, verdicts: readonly Verdict[]): Response {
  return {
    throttleTimeMs: 0,
    responses: resources.map(({ resourceType, resourceName }, at) => ({
      ...verdicts[at]!,
      resourceType,
      resourceName,
    })),
  };
}
