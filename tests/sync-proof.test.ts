import { proveSync } from './support/sync-proof';

const socket = '23<TCP:[127.0.0.1:9092->127.0.0.1:51000]>';
const journal = '17</tmp/data/journal/1>';
const lines = {
  open: '100 10:00:00.000001 openat(AT_FDCWD</app>, "/tmp/data/journal/1", O_RDWR|O_CREAT|O_DSYNC|O_DIRECT, 0644) = 17</tmp/data/journal/1>',
  openPlain:
    '100 10:00:00.000001 openat(AT_FDCWD</app>, "/tmp/data/journal/1", O_RDWR|O_CREAT, 0644) = 17</tmp/data/journal/1>',
  openAgain:
    '100 10:00:00.000002 openat(AT_FDCWD</app>, "/tmp/data/journal/1", O_RDONLY) = 19</tmp/data/journal/1>',
  receive: `100 10:00:01.000001 read(${socket}, "\\0\\0marker-1\\0", 65536) = 90`,
  write: `101 10:00:01.000200 pwrite64(${journal}, "xxmarker-1xx", 4096, 8192) = 4096`,
  writeBegins: `101 10:00:01.000200 pwrite64(${journal}, "xxmarker-1xx", 4096, 8192 <unfinished ...>`,
  writeEnds: '101 10:00:01.000400 <... pwrite64 resumed>) = 4096',
  sync: `102 10:00:01.000500 fdatasync(${journal}) = 0`,
  otherSync: '102 10:00:01.000500 fdatasync(18</tmp/data/other>) = 0',
  answer: `100 10:00:01.000600 writev(${socket}, [{iov_base="\\0\\0", iov_len=50}], 1) = 50`,
} as const;
const problem = (...names: readonly (keyof typeof lines)[]): string | null =>
  proveSync(names.map((name) => lines[name]).join('\n'), 'marker-1', '/tmp/data').problem;

test('a completed write to a file that syncs by itself is a proof', () => {
  const proof = proveSync(
    [lines.open, lines.receive, lines.write, lines.answer].join('\n'),
    'marker-1',
    '/tmp/data',
  );
  expect(proof).toEqual({
    lines: [
      '10:00:01.000001 received: read of 90 bytes from TCP:[127.0.0.1:9092->127.0.0.1:51000]',
      '10:00:01.000200 durable:  pwrite64 of 4096 bytes to /tmp/data/journal/1, opened O_RDWR|O_CREAT|O_DSYNC|O_DIRECT',
      '10:00:01.000600 answered: writev of 50 bytes to TCP:[127.0.0.1:9092->127.0.0.1:51000]',
    ],
    problem: null,
  });
});

test('so is a sync of the same file after the write', () => {
  expect(problem('openPlain', 'receive', 'write', 'sync', 'answer')).toBe(null);
  expect(problem('open', 'receive', 'writeBegins', 'writeEnds', 'answer')).toBe(null);
  expect(problem('open', 'openAgain', 'receive', 'write', 'answer')).toBe(null);
});

test('anything less is none', () => {
  const late = 'the answer left before a write of the record was on stable storage';
  expect(problem('openPlain', 'receive', 'write', 'answer')).toBe(late);
  expect(problem('openPlain', 'receive', 'write', 'answer', 'sync')).toBe(late);
  expect(problem('openPlain', 'receive', 'write', 'otherSync', 'answer')).toBe(late);
  expect(problem('openPlain', 'receive', 'sync', 'write', 'answer')).toBe(late);
  expect(problem('open', 'receive', 'writeBegins', 'answer', 'writeEnds')).toBe(late);
  expect(problem('open', 'receive', 'answer')).toBe(late);
  expect(problem('open', 'write', 'answer')).toBe('no read from a TCP socket holds the record');
  expect(problem('open', 'receive', 'write')).toBe('no answer was written to the socket');
});
