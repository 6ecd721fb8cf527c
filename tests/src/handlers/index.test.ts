import { apiByKey } from '../../../protocol';
import { handlers } from '../../../src/handlers/index';
import { servedKeys } from '../../../src/handlers/served-keys';

test('what ApiVersions lists is what has a handler, ascending, and each key has its schema', () => {
  expect(handlers.map(({ apiKey }) => apiKey)).toEqual(servedKeys);
  expect([...servedKeys].sort((a, b) => a - b)).toEqual(servedKeys);
  for (const { apiKey } of handlers) expect(apiByKey(apiKey)?.request.apiKey).toBe(apiKey);
});
