import {
  type ApiVersionsRequest,
  type ApiVersionsResponse,
  apiByKey,
  ErrorCode,
  type InputOf,
} from '../../protocol';
import { servedFeatures } from '../metadata/features';
import type { Handler } from './handler';
import { servedKeys } from './served-keys';

type Response = InputOf<typeof ApiVersionsResponse>;

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * ApiVersions: v0-4.
 *
 * Behaviour: lists exactly what has a handler. A request above v4 is not parsed: error 35 in a v0 body that names key 18
 * alone, so that the client can come back with a version it reads there. A malformed software name is INVALID_REQUEST.
 * Versions: v3 flexible (but never the response header), features; v4 shows features whose lowest level is 0.
 */
export const apiVersions: Handler<ApiVersionsRequest, Response> = {
  apiKey: 18,
  handle(request, context) {
    const { apiVersion } = context.header;
    const { clientSoftwareName, clientSoftwareVersion } = request;
    if (
      apiVersion >= 3 &&
      !(softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion))
    ) {
      return { response: { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] } };
    }
    const { features, endOffset } = context.broker.metadata.image;
    return {
      response: {
        errorCode: ErrorCode.NONE,
        apiKeys: servedKeys.map(advertised),
        supportedFeatures: servedFeatures
          .filter(({ minLevel }) => apiVersion >= 4 || minLevel > 0)
          .map(({ name, minLevel, maxLevel }) => ({ name, minVersion: minLevel, maxVersion: maxLevel })),
        finalizedFeaturesEpoch: endOffset,
        finalizedFeatures: [...features].map(([name, level]) => ({
          name,
          maxVersionLevel: level,
          minVersionLevel: level,
        })),
      },
    };
  },
  refuse: (_request, errorCode) => ({ errorCode, apiKeys: [] }),
};

export function unsupportedApiVersions(): Response {
  return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: [advertised(apiVersions.apiKey)] };
}

function advertised(apiKey: number): { apiKey: number; minVersion: number; maxVersion: number } {
  const [minVersion, maxVersion] = apiByKey(apiKey)!.advertised;
  return { apiKey, minVersion, maxVersion };
}
