/** `pyralog topic …` */
import type { Argv } from 'yargs';
import type { Cluster, Topic } from '../client/cluster';
import { check } from '../client/errors';
import { earliestTimestamp, latestTimestamp, listOffsets } from '../client/offsets';
import {
  alterTopic,
  type ConfigChange,
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeTopicConfig,
  type Result,
  type Setting,
} from '../client/topics';
import { ArgumentError } from './output';
import { offsetsAt, POINT_HELP, parsePoint } from './points';
import {
  inSession,
  parsePairs,
  parsePartitions,
  type Session,
  type SessionArguments,
  withSessionOptions,
} from './session';

type Named = SessionArguments & { readonly name: readonly string[] };

const names = <T>(command: Argv<T>) =>
  command.positional('name', { type: 'string', array: true, demandOption: true, describe: 'Topics' });

export function topicCommand(command: Argv): Argv {
  return withSessionOptions(command)
    .usage('$0 topic <what>')
    .command(
      'list',
      'Topics with their numbers of partitions and replicas',
      (own) => own.option('internal', { type: 'boolean', default: false, describe: 'Internal topics too' }),
      (argv) => inSession(argv, (session) => list(session, argv.internal)),
    )
    .command(
      'describe <name...>',
      'Partitions with leaders, replicas and offsets, and settings',
      (own) =>
        names(own).option('all-configs', { type: 'boolean', default: false, describe: 'Defaults too' }),
      (argv) => inSession(argv, (session) => describe(session, argv.name, argv.allConfigs)),
    )
    .command(
      'create <name...>',
      'Create topics',
      (own) =>
        names(own)
          .option('partitions', {
            alias: 'p',
            type: 'number',
            default: -1,
            describe: 'Partitions',
            defaultDescription: "the broker's",
          })
          .option('replicas', {
            alias: 'r',
            type: 'number',
            default: -1,
            describe: 'Replicas of each partition',
            defaultDescription: "the broker's",
          })
          .option('config', {
            alias: 'c',
            type: 'string',
            array: true,
            nargs: 1,
            default: [] as string[],
            describe: 'key=value; may be repeated',
          })
          .option('if-not-exists', {
            type: 'boolean',
            default: false,
            describe: 'A topic that exists is no error',
          }),
      (argv) => inSession(argv, (session) => create(session, argv)),
    )
    .command(
      'delete <name...>',
      'Delete topics with all their records',
      (own) => names(own),
      (argv) =>
        inSession(argv, async (session) =>
          report(session, await deleteTopics(session.cluster, argv.name), 'deleted'),
        ),
    )
    .command(
      'alter <name...>',
      'Change settings of topics',
      (own) => withChanges(names(own)),
      (argv) => inSession(argv, (session) => alter(session, argv)),
    )
    .command(
      'add-partitions <name...>',
      'Give topics more partitions; records stay where they are',
      (own) =>
        names(own)
          .option('num', { alias: 'n', type: 'number', describe: 'So many more' })
          .option('total', { type: 'number', describe: 'So many altogether' })
          .conflicts('num', 'total'),
      (argv) => inSession(argv, (session) => addPartitions(session, argv)),
    )
    .command(
      'trim <name>',
      'Delete the records before a point',
      (own) =>
        own
          .positional('name', { type: 'string', demandOption: true, describe: 'Topic' })
          .option('to', { alias: 'o', type: 'string', demandOption: true, describe: POINT_HELP })
          .option('partitions', { alias: 'p', type: 'string', describe: 'Only these, as 0,2,5-7' }),
      (argv) => inSession(argv, (session) => trim(session, argv)),
    )
    .demandCommand(1, 'Name what to do, for instance: pyralog topic list') as Argv;
}

const changeOptions = {
  set: 'key=value; may be repeated',
  delete: 'key, back to its default; may be repeated',
  append: 'key=value, for lists; may be repeated',
  subtract: 'key=value, for lists; may be repeated',
} as const;

function withChanges<T>(command: Argv<T>) {
  const option = (describe: string) =>
    ({ type: 'string', array: true, nargs: 1, default: [] as string[], describe }) as const;
  return command
    .option('set', option(changeOptions.set))
    .option('delete', option(changeOptions.delete))
    .option('append', option(changeOptions.append))
    .option('subtract', option(changeOptions.subtract));
}

async function list({ cluster, show, table }: Session, withInternal: boolean): Promise<void> {
  const view = await cluster.describe(null);
  const topics = view.topics
    .filter(({ isInternal }) => withInternal || !isInternal)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, id, isInternal, partitions }) => ({
      name,
      id,
      partitions: partitions.length,
      replicas: partitions[0]?.replicas.length ?? 0,
      internal: isInternal,
    }));
  await show(topics, () =>
    table(
      ['NAME', 'PARTITIONS', 'REPLICAS'],
      topics.map(({ name, partitions, replicas }) => [name, partitions, replicas]),
    ),
  );
}

interface DescribedTopic {
  readonly topic: Topic;
  readonly configs: readonly Setting[];
  readonly starts: ReadonlyMap<number, number>;
  readonly ends: ReadonlyMap<number, number>;
}

async function describeOne(cluster: Cluster, topic: Topic): Promise<DescribedTopic> {
  check(topic.errorCode, `Topic ${topic.name}`);
  // Nobody knows the offsets of a partition without a leader.
  const led = topic.partitions.filter(({ leaderId }) => leaderId >= 0).map(({ index }) => index);
  const [configs, starts, ends] = await Promise.all([
    describeTopicConfig(cluster, topic.name),
    listOffsets(cluster, topic, earliestTimestamp, led),
    listOffsets(cluster, topic, latestTimestamp, led),
  ]);
  return { topic, configs, starts, ends };
}

async function describe(session: Session, topics: readonly string[], allConfigs: boolean): Promise<void> {
  const view = await session.cluster.describe(topics);
  const described: DescribedTopic[] = [];
  for (const name of topics) {
    try {
      described.push(await describeOne(session.cluster, view.topics.find((topic) => topic.name === name)!));
    } catch (error) {
      session.failed(error);
    }
  }
  const shown = (configs: readonly Setting[]) => configs.filter(({ isSet }) => allConfigs || isSet);
  const values = described.map(({ topic, configs, starts, ends }) => ({
    name: topic.name,
    id: topic.id,
    internal: topic.isInternal,
    partitions: topic.partitions.map((partition) => ({
      partition: partition.index,
      leader: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicas: partition.replicas,
      inSyncReplicas: partition.inSyncReplicas,
      startOffset: starts.get(partition.index) ?? null,
      endOffset: ends.get(partition.index) ?? null,
    })),
    configs: Object.fromEntries(shown(configs).map(({ key, value }) => [key, value])),
  }));
  await session.show(values, async () => {
    for (const [at, { topic, configs, starts, ends }] of described.entries()) {
      if (at > 0) await session.line('');
      await session.line(`${topic.name}  id ${topic.id}${topic.isInternal ? '  internal' : ''}`);
      await session.table(
        ['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'IN-SYNC', 'START', 'END'],
        topic.partitions.map((partition) => [
          partition.index,
          partition.leaderId,
          partition.leaderEpoch,
          partition.replicas.join(','),
          partition.inSyncReplicas.join(','),
          starts.get(partition.index) ?? null,
          ends.get(partition.index) ?? null,
        ]),
      );
      const settings = shown(configs);
      if (settings.length === 0) continue;
      await session.table(
        ['SETTING', 'VALUE'],
        settings.map(({ key, value, isSensitive }) => [key, isSensitive ? '(hidden)' : value]),
      );
    }
  });
}

async function create(
  session: Session,
  argv: Named & {
    readonly partitions: number;
    readonly replicas: number;
    readonly config: readonly string[];
    readonly ifNotExists: boolean;
  },
): Promise<void> {
  const configs = parsePairs('--config', argv.config);
  const results = await createTopics(
    session.cluster,
    argv.name.map((name) => ({
      name,
      partitions: argv.partitions,
      replicationFactor: argv.replicas,
      configs,
    })),
  );
  const isFine = ({ error }: Result): boolean => argv.ifNotExists && error?.code === 'TOPIC_ALREADY_EXISTS';
  await report(
    session,
    results.map((result) => (isFine(result) ? { ...result, error: null } : result)),
    'created',
    new Map(results.filter(isFine).map(({ name }) => [name, 'exists'])),
  );
}

async function alter(
  session: Session,
  argv: Named & {
    readonly set: readonly string[];
    readonly delete: readonly string[];
    readonly append: readonly string[];
    readonly subtract: readonly string[];
  },
): Promise<void> {
  const pairs = (operation: 'set' | 'append' | 'subtract'): readonly ConfigChange[] =>
    parsePairs(`--${operation}`, argv[operation]).map(([key, value]) => ({ operation, key, value }));
  const deletions = argv.delete.map((key): ConfigChange => ({ operation: 'delete', key, value: null }));
  const changes = [...pairs('set'), ...deletions, ...pairs('append'), ...pairs('subtract')];
  if (changes.length === 0)
    throw new ArgumentError('Nothing to change: name --set, --delete, --append or --subtract');
  await eachTopic(session, argv.name, 'altered', (name) => alterTopic(session.cluster, name, changes));
}

async function addPartitions(
  session: Session,
  argv: Named & { readonly num: number | undefined; readonly total: number | undefined },
): Promise<void> {
  const { num, total } = argv;
  if (num === undefined && total === undefined)
    throw new ArgumentError('Say how many: --num, so many more, or --total, so many altogether');
  await eachTopic(session, argv.name, 'altered', async (name) => {
    const { partitions } = await session.cluster.topic(name);
    await createPartitions(session.cluster, name, total ?? partitions.length + num!);
  });
}

async function trim(
  session: Session,
  argv: SessionArguments & {
    readonly name: string;
    readonly to: string;
    readonly partitions: string | undefined;
  },
): Promise<void> {
  const { cluster } = session;
  const point = parsePoint('--to', argv.to, Date.now());
  const topic = await cluster.topic(argv.name);
  const indexes = chosenPartitions(topic, '--partitions', argv.partitions);
  const trimmed = await deleteRecords(cluster, topic, await offsetsAt(cluster, topic, point, indexes));
  for (const { error } of trimmed) if (error !== null) session.failed(error);
  const rows = trimmed
    .filter(({ error }) => error === null)
    .map(({ partition, startOffset }) => ({ topic: topic.name, partition, startOffset }));
  await session.show(rows, () =>
    session.table(
      ['TOPIC', 'PARTITION', 'START'],
      rows.map((row) => [row.topic, row.partition, row.startOffset]),
    ),
  );
}

/** @throws ArgumentError  for a partition that there is not. */
export function chosenPartitions(topic: Topic, option: string, text: string | undefined): readonly number[] {
  const all = topic.partitions.map(({ index }) => index);
  const chosen = parsePartitions(option, text) ?? all;
  const missing = chosen.find((index) => !all.includes(index));
  if (missing === undefined) return chosen;
  throw new ArgumentError(
    `${option} ${text}: topic ${topic.name} has no partition ${missing}, only 0 to ${all.length - 1}`,
  );
}

/** Does the same to several topics; one that fails does not stop the others. */
async function eachTopic(
  session: Session,
  topics: readonly string[],
  done: string,
  work: (name: string) => Promise<void>,
): Promise<void> {
  const changed: { topic: string; result: string }[] = [];
  for (const name of topics) {
    try {
      await work(name);
      changed.push({ topic: name, result: done });
    } catch (error) {
      session.failed(error);
    }
  }
  await showResults(session, changed);
}

async function report(
  session: Session,
  results: readonly Result[],
  done: string,
  exceptions: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  for (const { error } of results) if (error !== null) session.failed(error);
  const fine = results.filter(({ error }) => error === null);
  await showResults(
    session,
    fine.map(({ name }) => ({ topic: name, result: exceptions.get(name) ?? done })),
  );
}

async function showResults(
  session: Session,
  rows: readonly { readonly topic: string; readonly result: string }[],
): Promise<void> {
  await session.show(rows, async () => {
    for (const { topic, result } of rows) await session.line(`${topic} ${result}`);
  });
}
