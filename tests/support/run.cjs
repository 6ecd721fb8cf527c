// Runs a TypeScript program of the tests: `node tests/support/run.cjs FILE ARGUMENTS...`. It is compiled each time, so
// that what runs is what stands in the tree.
const { buildSync } = require('esbuild');
const { basename, resolve } = require('node:path');

const [file, ...programArguments] = process.argv.slice(2);
const outfile = resolve('node_modules/.cache/pyralog', `${basename(file, '.ts')}-${process.pid}.cjs`);
buildSync({
  entryPoints: [file], outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs', packages: 'external',
  sourcemap: 'inline', logLevel: 'warning',
});
process.once('exit', () => require('node:fs').rmSync(outfile, { force: true }));
process.setSourceMapsEnabled(true);
process.argv = [process.argv[0], resolve(file), ...programArguments];
require(outfile);
