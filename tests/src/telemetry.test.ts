import { createLogger } from '../../src/telemetry';

/** What a logger writes to standard output while `body` runs. */
function written(readable: boolean, body: (logger: ReturnType<typeof createLogger>) => void): string {
  // Both kinds write with fs.writeSync(1), so that the last line before an exit is never lost.
  const lines: string[] = [];
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  const spy = jest.spyOn(fs, 'writeSync').mockImplementation((_, text) => {
    lines.push(String(text));
    return Buffer.byteLength(String(text));
  });
  try {
    body(createLogger({ level: 'info', readable }));
  } finally {
    spy.mockRestore();
  }
  return lines.join('');
}

test('one JSON object per line, with the fields, below the level nothing', () => {
  const text = written(false, (logger) => {
    logger.debug('unseen');
    logger.child({ nodeId: 1 }).warn({ partition: 'a-0' }, 'Behind');
  });
  const [line, ...rest] = text.trimEnd().split('\n');
  expect(rest).toEqual([]);
  expect(JSON.parse(line!)).toMatchObject({ level: 40, nodeId: 1, partition: 'a-0', msg: 'Behind' });
});
