/**
 * Reads a system call trace of a broker and answers one question: was a record on stable storage before its
 * acknowledgement left? Input is what `strace -f -tt -yy` writes: `PID TIME call(fd<what>, ...) = result`, where a call
 * that another thread interrupts stands on two lines, `<unfinished ...>` and `<... call resumed>`.
 */

interface Call {
  readonly name: string;
  /** Everything between the parentheses, both halves joined. */
  readonly args: string;
  readonly result: number;
  /** Lines of the trace, from 0: the order in which the kernel was seen to start and to finish. */
  readonly startLine: number;
  readonly endLine: number;
  readonly time: string;
}

export interface SyncProof {
  /** The three lines of the proof: received, durable, answered. Shorter when one is missing. */
  readonly lines: readonly string[];
  /** What is wrong, or null. */
  readonly problem: string | null;
}

const whole = /^(\d+) +([\d:.]+) (\w+)\((.*)\) += (-?\d+)/;
const unfinished = /^(\d+) +([\d:.]+) (\w+)\((.*?),? *<unfinished \.\.\.>$/;
const resumed = /^(\d+) +([\d:.]+) <\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/;

function parse(trace: string): readonly Call[] {
  const calls: Call[] = [];
  const open = new Map<string, { name: string; args: string; startLine: number }>();
  trace.split('\n').forEach((text, line) => {
    const begun = unfinished.exec(text);
    if (begun !== null) {
      open.set(begun[1]!, { name: begun[3]!, args: begun[4]!, startLine: line });
      return;
    }
    const ended = resumed.exec(text);
    if (ended !== null) {
      const start = open.get(ended[1]!);
      if (start === undefined || start.name !== ended[3]) return;
      open.delete(ended[1]!);
      const args = `${start.args}, ${ended[4]}`;
      calls.push({ ...start, args, result: Number(ended[5]), endLine: line, time: ended[2]! });
      return;
    }
    const one = whole.exec(text);
    if (one === null) return;
    const [, , time, name, args, result] = one as unknown as [string, string, string, string, string, string];
    calls.push({ name, args, result: Number(result), startLine: line, endLine: line, time });
  });
  return calls.sort((left, right) => left.endLine - right.endLine);
}

const isRead = (name: string): boolean => ['read', 'readv', 'recvfrom', 'recvmsg'].includes(name);
const isWrite = (name: string): boolean =>
  ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg'].includes(name);
/** `23<TCP:[127.0.0.1:9092->127.0.0.1:51000]>` or `17</data/journal>`: the part in angle brackets. */
const subject = (args: string): string => /^\d+<((?:->|[^<>])*)>/.exec(args)?.[1] ?? '';

/**
 * @param marker         Printable text inside the record, found nowhere else in the trace.
 * @param dataDirectory  Absolute, as the kernel names it.
 */
export function proveSync(trace: string, marker: string, dataDirectory: string): SyncProof {
  const calls = parse(trace);
  const received = calls.find(
    ({ name, args, result }) =>
      isRead(name) && result > 0 && args.includes(marker) && subject(args).startsWith('TCP'),
  );
  if (received === undefined) return { lines: [], problem: 'no read from a TCP socket holds the record' };
  const socket = subject(received.args);
  const lines = [`${received.time} received: ${received.name} of ${received.result} bytes from ${socket}`];

  const answered = calls.find(
    (call) => isWrite(call.name) && call.startLine > received.endLine && subject(call.args) === socket,
  );
  if (answered === undefined) return { lines, problem: 'no answer was written to the socket' };

  const durable = durableBefore(calls, received, answered, marker, dataDirectory);
  if (durable !== null) lines.push(durable);
  lines.push(`${answered.time} answered: ${answered.name} of ${answered.result} bytes to ${socket}`);
  const problem =
    durable === null ? 'the answer left before a write of the record was on stable storage' : null;
  return { lines, problem };
}

/** The line of the proof for the first write of the record that was durable before `answered` began, or null. */
function durableBefore(
  calls: readonly Call[],
  received: Call,
  answered: Call,
  marker: string,
  dataDirectory: string,
): string | null {
  const between = calls.filter(
    (call) => call.startLine > received.endLine && call.endLine < answered.startLine && call.result >= 0,
  );
  for (const write of between) {
    const file = subject(write.args);
    if (!isWrite(write.name) || !file.startsWith(`${dataDirectory}/`) || !write.args.includes(marker))
      continue;
    const flags = flagsOf(calls, write);
    const what = `${write.name} of ${write.result} bytes to ${file}`;
    if (/\bO_D?SYNC\b/.test(flags)) return `${write.time} durable:  ${what}, opened ${flags}`;
    const sync = between.find(
      ({ name, args, startLine }) =>
        (name === 'fdatasync' || name === 'fsync') && subject(args) === file && startLine > write.endLine,
    );
    if (sync !== undefined) return `${sync.time} durable:  ${sync.name} after ${what}`;
  }
  return null;
}

/** Flags with which the descriptor that `write` used was opened: the same file may be open twice. */
function flagsOf(calls: readonly Call[], write: Call): string {
  const descriptor = Number.parseInt(write.args, 10);
  const opened = calls.findLast(
    ({ name, endLine, result }) =>
      name.startsWith('open') && endLine < write.startLine && result === descriptor,
  );
  return /", (O_[A-Z_|]+)/.exec(opened?.args ?? '')?.[1] ?? '';
}
