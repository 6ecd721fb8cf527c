/** `pyralog produce TOPIC`: a line of standard input is a record. */
import type { Argv } from 'yargs';
import { CompressionCode, type NewHeader, type NewRecord } from '../../storage';
import { Producer, type Written } from '../client/producer';
import { LineSplitter } from './lines';
import { ArgumentError, write } from './output';
import { unescaped } from './record-format';
import { inSession, type Session, type SessionArguments, withSessionOptions } from './session';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

interface ProduceArguments extends SessionArguments {
  readonly topic: string;
  readonly key: string | undefined;
  readonly keyDelimiter: string | undefined;
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly partition: number | undefined;
  readonly acks: string;
  readonly compression: (typeof codecs)[number];
  readonly nullOnEmpty: boolean;
  readonly timestamp: number | undefined;
  readonly autoCreate: boolean;
}

/** What one request carries at most, well below what brokers take by default. */
const BATCH_SIZE_BYTES_MAX = 512 * 1024;
const BATCH_RECORDS_MAX = 10_000;

export function produceCommand(command: Argv): Argv {
  return withSessionOptions(command)
    .usage('$0 produce <topic>  < lines')
    .positional('topic', { type: 'string', demandOption: true, describe: 'Topic' })
    .option('key-delimiter', {
      alias: 'K',
      type: 'string',
      describe: 'Divides key and value of a line; a line without it has no key',
    })
    .option('key', { alias: 'k', type: 'string', describe: 'Key of every record' })
    .conflicts('key', 'key-delimiter')
    .option('header', {
      alias: 'H',
      type: 'string',
      array: true,
      nargs: 1,
      default: [] as string[],
      describe: 'name=value for every record; may be repeated',
    })
    .option('partition', {
      alias: 'p',
      type: 'number',
      describe: 'Partition of every record',
      defaultDescription: 'by key, in turns without one',
    })
    .option('acks', {
      alias: 'a',
      type: 'string',
      choices: ['all', '-1', '1', '0'],
      default: 'all',
      describe: 'Copies to wait for',
    })
    .option('compression', { alias: 'z', choices: codecs, default: 'none' as const, describe: 'Codec' })
    .option('delimiter', { alias: 'D', type: 'string', default: '\\n', describe: 'Divides records' })
    .option('null-on-empty', {
      alias: 'Z',
      type: 'boolean',
      default: false,
      describe: 'An empty key or value is null: a tombstone',
    })
    .option('timestamp', { type: 'number', describe: 'Unix milliseconds of every record' })
    .option('auto-create', {
      type: 'boolean',
      default: true,
      describe: 'Let the broker create a missing topic, if it does that',
    }) as Argv;
}

export function runProduce(argv: ProduceArguments): Promise<void> {
  return inSession(argv, (session) => produce(session, argv));
}

async function produce(session: Session, argv: ProduceArguments): Promise<void> {
  const toRecord = recordMaker(argv);
  if (argv.partition !== undefined && !(Number.isInteger(argv.partition) && argv.partition >= 0))
    throw new ArgumentError(`--partition ${argv.partition}: expected a number from 0 on`);
  const producer = new Producer(session.cluster, {
    topic: argv.topic,
    acks: argv.acks === 'all' ? -1 : (Number(argv.acks) as -1 | 0 | 1),
    compression: CompressionCode[argv.compression],
    partition: argv.partition ?? null,
    allowAutoTopicCreation: argv.autoCreate,
  });
  await producer.start();
  const summary = new Map<number, number>();
  const told = async (written: readonly Written[]): Promise<void> => {
    for (const { partition, baseOffset, count } of written) {
      summary.set(partition, (summary.get(partition) ?? 0) + count);
      if (argv.json) await write(`${JSON.stringify({ topic: argv.topic, partition, baseOffset, count })}\n`);
    }
  };
  const lines = new LineSplitter(unescaped(argv.delimiter));
  // While one chunk is being written the next ones gather in the pipe: batches grow by themselves under load, and a
  // line that somebody typed goes at once.
  for await (const chunk of process.stdin) {
    await writeAll(producer, lines.add(chunk as Buffer), toRecord, told);
  }
  await writeAll(producer, lines.end(), toRecord, told);
  if (process.stderr.isTTY === true && !argv.json) {
    for (const [partition, count] of [...summary].sort(([left], [right]) => left - right))
      process.stderr.write(`${argv.topic}-${partition}: ${count} written\n`);
  }
}

async function writeAll(
  producer: Producer,
  lines: readonly Buffer[],
  toRecord: (line: Buffer) => NewRecord,
  told: (written: readonly Written[]) => Promise<void>,
): Promise<void> {
  let batch: NewRecord[] = [];
  let sizeBytes = 0;
  for (const line of lines) {
    if (
      batch.length === BATCH_RECORDS_MAX ||
      (batch.length > 0 && sizeBytes + line.length > BATCH_SIZE_BYTES_MAX)
    ) {
      await told(await producer.write(batch));
      batch = [];
      sizeBytes = 0;
    }
    batch.push(toRecord(line));
    sizeBytes += line.length;
  }
  if (batch.length > 0) await told(await producer.write(batch));
}

function recordMaker(argv: ProduceArguments): (line: Buffer) => NewRecord {
  const headers = argv.header.map((word): NewHeader => {
    const at = word.search(/[=:]/);
    if (at <= 0) throw new ArgumentError(`--header ${word}: expected name=value`);
    return { key: word.slice(0, at), value: Buffer.from(word.slice(at + 1)) };
  });
  const delimiter = argv.keyDelimiter === undefined ? null : unescaped(argv.keyDelimiter);
  if (delimiter?.length === 0) throw new ArgumentError('--key-delimiter: expected at least one character');
  const fixedKey = argv.key === undefined ? null : Buffer.from(argv.key);
  const orNull = (bytes: Buffer): Buffer | null => (argv.nullOnEmpty && bytes.length === 0 ? null : bytes);
  return (line) => {
    const timestamp = argv.timestamp ?? Date.now();
    const at = delimiter === null ? -1 : line.indexOf(delimiter);
    if (at < 0) return { timestamp, key: fixedKey, value: orNull(line), headers };
    const value = orNull(line.subarray(at + delimiter!.length));
    return { timestamp, key: orNull(line.subarray(0, at)), value, headers };
  };
}
