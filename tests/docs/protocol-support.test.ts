import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { renderProtocolSupport } from '../support/protocol-support';

// Nobody edits this page: a handler's comment is where a reader of the code looks, so it is the one place to keep true.
test('docs/protocol-support.md is what `npm run docs` makes', () => {
  const path = 'docs/protocol-support.md';
  const wanted = renderProtocolSupport();
  if (process.env.UPDATE === '1') writeFileSync(path, wanted);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(wanted);
});
