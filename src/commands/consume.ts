/** `pyralog consume TOPIC...`: prints records, with a group or without one. */
import type { Argv } from 'yargs';
import type { Cluster } from '../client/cluster';
import { GroupMember, HEARTBEAT_INTERVAL_MS } from '../client/group-member';
import { committedOffsets } from '../client/groups';
import { latestTimestamp, listOffsets } from '../client/offsets';
import { type Position, Reader, type ReadRecord } from '../client/reader';
import { ArgumentError, write } from './output';
import { offsetsAt, POINT_HELP, type Point, parsePoint } from './points';
import { FORMAT_HELP, recordFormat, recordJson } from './record-format';
import { inSession, type Session, type SessionArguments, withSessionOptions } from './session';
import { chosenPartitions } from './topic';

interface ConsumeArguments extends SessionArguments {
  readonly topic: readonly string[];
  readonly offset: string;
  readonly num: number | undefined;
  readonly partitions: string | undefined;
  readonly exitAtEnd: boolean;
  readonly group: string | undefined;
  readonly format: string;
  readonly isolation: 'read_committed' | 'read_uncommitted';
}

/** How long one poll may wait: as long as an interrupt may take to be noticed. */
const POLL_MS = 500;
const COMMIT_INTERVAL_MS = 5_000;

export function consumeCommand(command: Argv): Argv {
  return withSessionOptions(command)
    .usage('$0 consume <topic...>')
    .positional('topic', { type: 'string', array: true, demandOption: true, describe: 'Topics' })
    .option('offset', {
      alias: 'o',
      type: 'string',
      default: 'start',
      describe: `Where to begin, in a group where it has no position: ${POINT_HELP}`,
    })
    .option('num', { alias: 'n', type: 'number', describe: 'End after so many records' })
    .option('exit-at-end', {
      alias: 'e',
      type: 'boolean',
      default: false,
      describe: 'End where the topics end now, instead of waiting for more',
    })
    .option('partitions', { alias: 'p', type: 'string', describe: 'Only these, as 0,2,5-7' })
    .option('group', { alias: 'g', type: 'string', describe: 'Join this group and commit its positions' })
    .conflicts('group', 'partitions')
    .option('format', { alias: 'f', type: 'string', default: '%v\\n', describe: FORMAT_HELP })
    .option('isolation', {
      choices: ['read_committed', 'read_uncommitted'] as const,
      default: 'read_committed' as const,
      describe: 'Whether records of open transactions are shown',
    }) as Argv;
}

export function runConsume(argv: ConsumeArguments): Promise<void> {
  return inSession(argv, (session) => consume(session, argv));
}

/** Says when to end: the number of records is reached, or the person has had enough. */
class Ending {
  isInterrupted = false;
  #left: number;
  readonly #stop = (): void => {
    this.isInterrupted = true;
  };

  constructor(num: number | undefined) {
    if (num !== undefined && !(Number.isInteger(num) && num >= 0))
      throw new ArgumentError(`--num ${num}: expected a number from 0 on`);
    this.#left = num ?? Number.POSITIVE_INFINITY;
    // A second one ends the process as usual.
    process.once('SIGINT', this.#stop);
    process.once('SIGTERM', this.#stop);
  }

  get isReached(): boolean {
    return this.isInterrupted || this.#left === 0;
  }

  /** So many of `records` as may still be printed. */
  take<T>(records: readonly T[]): readonly T[] {
    const taken = records.length > this.#left ? records.slice(0, this.#left) : records;
    this.#left -= taken.length;
    return taken;
  }

  close(): void {
    process.off('SIGINT', this.#stop);
    process.off('SIGTERM', this.#stop);
  }
}

async function consume(session: Session, argv: ConsumeArguments): Promise<void> {
  const point = parsePoint('--offset', argv.offset, Date.now());
  const format = recordFormat(argv.format);
  const print = (record: ReadRecord): Buffer | string => (argv.json ? recordJson(record) : format(record));
  const ending = new Ending(argv.num);
  try {
    if (argv.group === undefined) await consumeAlone(session.cluster, argv, point, print, ending);
    else await consumeInGroup(session.cluster, argv, argv.group, point, print, ending);
  } finally {
    ending.close();
  }
}

type Print = (record: ReadRecord) => Buffer | string;

async function consumeAlone(
  cluster: Cluster,
  argv: ConsumeArguments,
  point: Point,
  print: Print,
  ending: Ending,
): Promise<void> {
  const positions: Position[] = [];
  for (const name of argv.topic) {
    const topic = await cluster.topic(name);
    const indexes = chosenPartitions(topic, '--partitions', argv.partitions);
    const offsets = await offsetsAt(cluster, topic, point, indexes);
    const ends = argv.exitAtEnd ? await listOffsets(cluster, topic, latestTimestamp, indexes) : null;
    for (const partition of indexes) {
      const endOffset = ends?.get(partition) ?? null;
      positions.push({ topic: name, partition, offset: offsets.get(partition)!, endOffset });
    }
  }
  await cluster.describe(argv.topic);
  const reader = new Reader(cluster, positions, { isolation: argv.isolation, waitMs: POLL_MS });
  while (!ending.isReached && !reader.isAtEnd) await printAll(ending.take(await reader.poll()), print);
}

async function printAll(records: readonly ReadRecord[], print: Print): Promise<void> {
  if (records.length === 0) return;
  await write(
    Buffer.concat(
      records.map((record) => {
        const text = print(record);
        return typeof text === 'string' ? Buffer.from(text) : text;
      }),
    ),
  );
}

async function consumeInGroup(
  cluster: Cluster,
  argv: ConsumeArguments,
  group: string,
  point: Point,
  print: Print,
  ending: Ending,
): Promise<void> {
  for (const name of argv.topic) await cluster.topic(name);
  const member = new GroupMember(cluster, group, argv.topic);
  try {
    let isAtEnd = false;
    while (!ending.isReached && !isAtEnd) {
      const assigned = await member.join();
      const positions = await positionsOf(cluster, group, assigned, point, argv.exitAtEnd);
      await cluster.describe(argv.topic);
      const reader = new Reader(cluster, positions, { isolation: argv.isolation, waitMs: POLL_MS });
      isAtEnd = await readGeneration(member, reader, print, ending);
    }
  } finally {
    await member.leave();
  }
}

/** Reads until the generation ends (false) or there is nothing more to do (true). What was printed is committed. */
async function readGeneration(
  member: GroupMember,
  reader: Reader,
  print: Print,
  ending: Ending,
): Promise<boolean> {
  const printed = new Map<string, { topic: string; partition: number; offset: number }>();
  const commit = async (): Promise<void> => {
    await member.commit([...printed.values()]);
    printed.clear();
  };
  let heartbeatAtMs = performance.now() + HEARTBEAT_INTERVAL_MS;
  let commitAtMs = performance.now() + COMMIT_INTERVAL_MS;
  while (!ending.isReached && !reader.isAtEnd) {
    const records = ending.take(await reader.poll());
    await printAll(records, print);
    for (const { topic, partition, offset } of records)
      printed.set(`${topic} ${partition}`, { topic, partition, offset: offset + 1 });
    if (reader.positions.length === 0) await pausePoll();
    if (performance.now() >= commitAtMs) {
      await commit();
      commitAtMs = performance.now() + COMMIT_INTERVAL_MS;
    }
    if (performance.now() < heartbeatAtMs) continue;
    heartbeatAtMs = performance.now() + HEARTBEAT_INTERVAL_MS;
    if (await member.heartbeat()) continue;
    await commit();
    return false;
  }
  await commit();
  return true;
}

function pausePoll(): Promise<void> {
  return new Promise((over) => setTimeout(over, POLL_MS));
}

async function positionsOf(
  cluster: Cluster,
  group: string,
  assigned: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  point: Point,
  endsAtEnd: boolean,
): Promise<readonly Position[]> {
  const committed = new Map(
    (await committedOffsets(cluster, group)).map(({ topic, partition, offset }) => [
      `${topic} ${partition}`,
      offset,
    ]),
  );
  const positions: Position[] = [];
  for (const { topic: name, partitions } of assigned) {
    const topic = await cluster.topic(name);
    const defaults = await offsetsAt(cluster, topic, point, partitions);
    const ends = endsAtEnd ? await listOffsets(cluster, topic, latestTimestamp, partitions) : null;
    for (const partition of partitions) {
      const offset = committed.get(`${name} ${partition}`) ?? defaults.get(partition)!;
      positions.push({ topic: name, partition, offset, endOffset: ends?.get(partition) ?? null });
    }
  }
  return positions;
}
