// Jest compiles each TypeScript file with esbuild when it loads it, so a test never runs stale output.
const { transformSync } = require('esbuild');

module.exports = {
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: 'ts', format: 'cjs', target: 'node20', sourcefile: path, sourcemap: 'external', sourcesContent: true,
    });
    return { code, map };
  },
};
