/**
 * Golden transcripts of groups. Each command prints the answers that came meanwhile and the records that were written
 * (lines with `+`). Every command lets 40 ms pass, so that writes finish.
 *
 *   broker KEY=VALUE…                            a new broker with these settings
 *   join CLIENT [protocols=range,sticky] [topics=t] [type=consumer] [session=10000] [rebalance=60000] [instance=i]
 *        [id=a.1] [unknown] [no-skip] [group=g]  `unknown`: a version that need not know its id first
 *   sync CLIENT [MEMBER:PART…] [generation=1] [id=a.1] [protocol=range]
 *   heartbeat CLIENT… [generation=1] [id=a.1]
 *   leave CLIENT… [instance=i] [id=a.1]
 *   commit CLIENT|- TOPIC-PARTITION:OFFSET[@METADATA]… [generation=1] [retention=1000] [v8]
 *   fetch [TOPIC-PARTITION…]
 *   delete-offsets TOPIC-PARTITION…, delete-group, delete-topic TOPIC
 *        `topic=again`: of commit, fetch and delete-topic, the topic that came back under the name of another
 *   describe, list [states=stable] [types=classic]
 *   tick MS                                      time passes
 *   days N, hours N                              the wall clock jumps
 *   restart process|power [KEY=VALUE…]           the broker dies and starts again
 *   disk full|free|slow|fast
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorCode } from '../../../../protocol';
import type {
  DeletedGroup,
  DeletedOffsets,
  DescribedGroup,
  FetchedOffsets,
  LeftGroup,
  ListedGroups,
} from '../../../../src/coordinator/group/types';
import { type Command, runTranscript } from '../../../support/datadriven';
import { errorNameOf, GroupWorld, subscription } from './group-world';

const HOUR_MS = 3_600_000;

class Transcript {
  world = new GroupWorld();

  run(command: Command): string {
    const printed = this.#run(command);
    this.world.settle();
    return [...printed, ...this.world.takeLines(), ...this.world.newRecords()].join('\n');
  }

  #run(command: Command): readonly string[] {
    const { words, options } = command;
    switch (command.name) {
      case 'broker':
        this.world = new GroupWorld(Object.fromEntries(options));
        return [];
      case 'join':
        return this.#join(command);
      case 'sync':
        return this.#sync(command);
      case 'heartbeat':
        return words.map((name) => this.#heartbeat(name, options));
      case 'leave':
        return this.#leave(command);
      case 'commit':
        return this.#commit(command);
      case 'fetch':
        return this.#fetch(command);
      case 'delete-offsets':
        return this.#deleteOffsets(command);
      case 'delete-group':
        return this.world
          .ask<readonly DeletedGroup[]>((done) =>
            this.world.coordinator.deleteGroups([groupIn(options)], done),
          )
          .map(({ groupId, errorCode }) => `${groupId} ${errorNameOf(errorCode)}`);
      case 'delete-topic':
        this.world.coordinator.forgetTopics(words.map((name) => ({ name, id: topicIdOf(name, options) })));
        return [];
      case 'describe':
        return this.#describe(groupIn(options));
      case 'list':
        return this.#list(command);
      case 'tick':
        this.world.partitions.pass(Number(words[0]));
        return [];
      case 'days':
      case 'hours':
        this.#jump(Number(words[0]) * (command.name === 'days' ? 24 : 1) * HOUR_MS);
        return [];
      case 'restart':
        this.world.restart(words[0] as 'process' | 'power', Object.fromEntries(options));
        return [];
      case 'disk':
        if (words[0] === 'full') this.world.fillDisk();
        else if (words[0] === 'slow') this.world.slowDisk(20_000);
        else if (words[0] === 'fast') this.world.slowDisk(0.1);
        else this.world.freeDisk();
        return [];
      default:
        throw new Error(`${command.where}: no command ${command.name}`);
    }
  }

  #join({ words, options }: Command): readonly string[] {
    const client = this.world.client(words[0]!);
    client.instanceId = options.get('instance') ?? client.instanceId;
    client.protocolType = options.get('type') ?? client.protocolType;
    const topics = listIn(options, 'topics', 't');
    const metadata = options.has('raw') ? Buffer.from(options.get('raw')!) : subscription(topics);
    const id = options.get('id');
    this.world.join(client, {
      groupId: groupIn(options),
      memberId: id === undefined ? client.memberId : this.world.idOf(id === 'none' ? '' : id),
      protocolType: client.protocolType,
      protocols: listIn(options, 'protocols', 'range').map((name) => ({ name, metadata })),
      sessionTimeoutMs: Number(options.get('session') ?? 10_000),
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
      requiresKnownMemberId: !words.includes('unknown'),
      canSkipAssignment: !words.includes('no-skip'),
    });
    return [];
  }

  #sync({ words, options }: Command): readonly string[] {
    const client = this.world.client(words[0]!);
    const parts = words.slice(1).map((word) => {
      const [name, part] = word.split(':');
      return { memberId: this.world.idOf(name!), assignment: Buffer.from(part!) };
    });
    const id = options.get('id');
    this.world.sync(client, parts, {
      groupId: groupIn(options),
      generationId: Number(options.get('generation') ?? client.generationId),
      memberId: id === undefined ? client.memberId : this.world.idOf(id),
      ...(options.has('protocol') ? { protocolName: options.get('protocol')! } : {}),
    });
    return [];
  }

  #heartbeat(name: string, options: Command['options']): string {
    const client = this.world.client(name);
    const id = options.get('id');
    const errorCode = this.world.ask<ErrorCode>((done) =>
      this.world.coordinator.heartbeat(
        {
          groupId: groupIn(options),
          generationId: Number(options.get('generation') ?? client.generationId),
          memberId: id === undefined ? client.memberId : this.world.idOf(id),
          groupInstanceId: client.instanceId,
        },
        done,
      ),
    );
    return `${name} ${errorNameOf(errorCode)}`;
  }

  #leave({ words, options }: Command): readonly string[] {
    const instance = options.get('instance');
    const id = options.get('id');
    const members = words.map((name) => ({
      memberId: id === undefined ? this.world.client(name).memberId : this.world.idOf(id),
      groupInstanceId: this.world.client(name).instanceId,
      reason: null,
    }));
    if (instance !== undefined) members.push({ memberId: '', groupInstanceId: instance, reason: null });
    const left = this.world.ask<LeftGroup>((done) =>
      this.world.coordinator.leave({ groupId: groupIn(options), members }, done),
    );
    if (left.errorCode !== ErrorCode.NONE) return [`leave ${errorNameOf(left.errorCode)}`];
    return left.members.map(
      ({ memberId, groupInstanceId, errorCode }) =>
        `${memberId === '' ? (groupInstanceId ?? '-') : this.world.named(memberId)} left ${errorNameOf(errorCode)}`,
    );
  }

  #commit({ words, options }: Command): readonly string[] {
    const [name, ...positions] = words.filter((word) => word !== 'v8');
    const client = name === '-' ? null : this.world.client(name!);
    const topics = positions.map((position) => {
      const [, topic, partition, offset, metadata] = /^(.+)-(\d+):(\d+)(?:@(.*))?$/.exec(position)!;
      return {
        name: topic!,
        topicId: topicIdOf(topic!, options),
        partitions: [
          {
            partitionIndex: Number(partition),
            committedOffset: Number(offset),
            committedLeaderEpoch: 3,
            committedMetadata: metadata?.startsWith('length:')
              ? 'x'.repeat(Number(metadata.slice(7)))
              : (metadata ?? null),
          },
        ],
      };
    });
    return this.world.commit({
      groupId: groupIn(options),
      memberId: client?.memberId ?? '',
      groupInstanceId: client?.instanceId ?? null,
      generationId: Number(options.get('generation') ?? client?.generationId ?? -1),
      retentionTimeMs: Number(options.get('retention') ?? -1),
      canMissGroup: !words.includes('v8'),
      topics,
    });
  }

  #fetch({ words, options }: Command): readonly string[] {
    const topics =
      words.length === 0
        ? null
        : positionsIn(words).map((topic) => ({ ...topic, topicId: topicIdOf(topic.name, options) }));
    const fetched = this.world.ask<FetchedOffsets>((done) =>
      this.world.coordinator.fetchOffsets(
        { groupId: groupIn(options), memberId: null, memberEpoch: -1, requireStable: false, topics },
        done,
      ),
    );
    if (fetched.errorCode !== ErrorCode.NONE) return [`fetch ${errorNameOf(fetched.errorCode)}`];
    return fetched.topics.flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partitionIndex, committedOffset, committedLeaderEpoch, metadata }) =>
          `${name}-${partitionIndex} = ${committedOffset} epoch ${committedLeaderEpoch} "${metadata}"`,
      ),
    );
  }

  #deleteOffsets({ words, options }: Command): readonly string[] {
    const topics = positionsIn(words).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
    }));
    const deleted = this.world.ask<DeletedOffsets>((done) =>
      this.world.coordinator.deleteOffsets({ groupId: groupIn(options), topics }, done),
    );
    if (deleted.errorCode !== ErrorCode.NONE) return [`delete ${errorNameOf(deleted.errorCode)}`];
    return deleted.topics.flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partitionIndex, errorCode }) => `${name}-${partitionIndex} ${errorNameOf(errorCode)}`,
      ),
    );
  }

  #describe(groupId: string): readonly string[] {
    const [group] = this.world.ask<readonly DescribedGroup[]>((done) =>
      this.world.coordinator.describe([groupId], done),
    );
    const { errorCode, errorMessage, groupState, protocolType, protocolData, members } = group!;
    const head = `${groupId} ${groupState} ${protocolType}/${protocolData}`;
    return [
      errorCode === ErrorCode.NONE
        ? head
        : `${groupId} ${groupState} ${errorNameOf(errorCode)}: ${errorMessage}`,
      ...members.map(
        ({ memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment }) =>
          `  ${this.world.named(memberId)}${groupInstanceId === null ? '' : `(${groupInstanceId})`} ${clientId} at ${clientHost}, ${
            memberMetadata.length
          } bytes of metadata, "${memberAssignment}"`,
      ),
    ];
  }

  #list({ options }: Command): readonly string[] {
    const filter = { states: listIn(options, 'states', ''), types: listIn(options, 'types', '') };
    const listed = this.world.ask<ListedGroups>((done) => this.world.coordinator.list(filter, done));
    if (listed.errorCode !== ErrorCode.NONE) return [`list ${errorNameOf(listed.errorCode)}`];
    return listed.groups.map(
      ({ groupId, protocolType, groupState, groupType }) =>
        `${groupId} ${groupState} ${protocolType === '' ? '-' : protocolType} ${groupType}`,
    );
  }

  /** The wall clock jumps; what became due then runs, and what that leads to. */
  #jump(durationMs: number): void {
    this.world.partitions.machine.brokerTime.advance(durationMs);
    this.world.settle();
  }
}

/** The first topic of a name; `again`: the one that was created after it was deleted. */
function topicIdOf(name: string, options: Command['options']): string {
  const generation = options.get('topic') === 'again' ? 2 : 1;
  return `${name.charCodeAt(0).toString(16).padStart(8, '0')}-0000-4000-8000-00000000000${generation}`;
}

const groupIn = (options: Command['options']): string => options.get('group') ?? 'g';

function listIn(options: Command['options'], key: string, otherwise: string): string[] {
  const text = options.get(key) ?? otherwise;
  return text === '' ? [] : text.split(',');
}

function positionsIn(words: readonly string[]): { name: string; partitionIndexes: number[] }[] {
  return words.map((word) => {
    const [, name, index] = /^(.+)-(\d+)$/.exec(word)!;
    return { name: name!, partitionIndexes: [Number(index)] };
  });
}

const folder = join(__dirname, 'testdata');

/** The first line says which of the numbered behaviours of the protocol a transcript is about. */
const titled = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => [name, readFileSync(join(folder, name), 'utf8').split('\n')[0]!.slice(2)]);

test.each(titled)('%s: %s', (name) => {
  const transcript = new Transcript();
  runTranscript(join(folder, name!), (command) => transcript.run(command));
});
