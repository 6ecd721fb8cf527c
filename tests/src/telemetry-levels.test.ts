import type { Logger } from '../../src/telemetry';
import { LogLevels } from '../../src/telemetry-levels';

function collector() {
  const lines: string[] = [];
  const sink = (bindings: string): Logger => {
    const write =
      (level: string) =>
      (first: string | object, message?: string): void =>
        void lines.push(
          `${level}${bindings} ${typeof first === 'string' ? first : JSON.stringify(first) + message}`,
        );
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (more) => sink(`${bindings}${JSON.stringify(more)}`),
    };
  };
  const levels = new LogLevels(sink(''));
  const written = (logger: Logger): string[] => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('x');
    return lines.splice(0);
  };
  return { levels, lines, written };
}

test('a logger follows the root until it has a level of its own', () => {
  const { levels, written } = collector();
  const storage = levels.named('storage');
  const child = storage.child({ log: 1 });
  expect(written(storage)).toEqual(['info x', 'warn x', 'error x']);
  levels.setLevel('root', 'ERROR');
  expect(written(storage)).toEqual(['error x']);
  levels.setLevel('storage', 'TRACE');
  expect(written(storage)).toHaveLength(4);
  expect(written(levels.named('server'))).toEqual(['error x']);
  expect(written(child)).toEqual([
    'debug{"log":1} x',
    'info{"log":1} x',
    'warn{"log":1} x',
    'error{"log":1} x',
  ]);
  levels.setLevel('storage', null);
  expect(levels.level('storage')).toBe('ERROR');
  levels.setLevel('root', 'FATAL');
  expect(written(storage)).toEqual([]);
  expect(levels.names).toEqual(['root', 'storage', 'server']);
});

test('fields go with their line', () => {
  const { levels, lines } = collector();
  levels.named('server').warn({ port: 1 }, 'in use');
  expect(lines).toEqual(['warn {"port":1}in use']);
});
