/**
 * A group coordinator over one real partition on a simulated disk, with clients that are known by a short name. Answers
 * and records are collected as text, member ids under the name of their client: `a.2` is the second id that `a` got.
 */
import assert from 'node:assert/strict';
import {
  decodeGroupRecord,
  ErrorCode,
  encodeConsumerProtocolSubscription,
  errorName,
} from '../../../../protocol';
import { defaultBrokerConfig } from '../../../../src/config/broker-config';
import { LocalGroupCoordinator } from '../../../../src/coordinator/group/coordinator';
import type {
  CommitOffsets,
  JoinedGroup,
  JoinGroup,
  ParkedRequest,
  SyncedGroup,
} from '../../../../src/coordinator/group/types';
import { batchPositions, recordsOf } from '../../../../storage';
import { lineLogger, topicConfig } from '../../../support/fixtures';
import { PartitionWorld } from '../../../support/partition-world';

/** Enough for every synced write, too short for any timeout. */
const SETTLE_MS = 40;

/** What a client remembers. */
export interface Client {
  readonly name: string;
  memberId: string;
  generationId: number;
  instanceId: string | null;
  protocolType: string;
}

export class GroupWorld {
  readonly partitions: PartitionWorld;
  coordinator!: LocalGroupCoordinator;
  /** Since they were last taken. */
  lines: string[] = [];
  /** Requests without an answer. */
  waiting = 0;
  readonly clients = new Map<string, Client>();
  readonly #names = new Map<string, string>();
  #overrides: Readonly<Record<string, string>>;
  #shownOffset = 0;

  constructor(overrides: Readonly<Record<string, string>> = {}, seed = 7) {
    this.#overrides = overrides;
    this.partitions = new PartitionWorld({}, seed);
    this.#start();
  }

  #start(): void {
    const { host } = this.partitions.machine;
    const config = defaultBrokerConfig(this.#overrides);
    this.coordinator = new LocalGroupCoordinator({ host, config, logger: lineLogger() });
    this.coordinator.attach(0, 1, this.partitions.create(0, topicConfig()), 1 << 20);
    this.settle();
  }

  /** The process dies, and the next one has other settings; what clients remember stays. */
  restart(kind: 'power' | 'process', overrides: Readonly<Record<string, string>> = {}): void {
    this.#overrides = { ...this.#overrides, ...overrides };
    this.partitions.crash(kind);
    this.waiting = 0;
    this.#start();
  }

  /** From the next write on the disk takes nothing, until there is space again. */
  fillDisk(): void {
    const { faults } = this.partitions;
    faults.spaceSizeBytes = 0;
    faults.failNext.push({ operation: 'write', path: /./, code: 'ENOSPC' });
  }

  freeDisk(): void {
    const { faults } = this.partitions;
    faults.spaceSizeBytes = Number.POSITIVE_INFINITY;
    faults.failNext.length = 0;
  }

  /** Writes that begin now take about this long. */
  slowDisk(latencyMs: number): void {
    this.partitions.faults.latencyMs = latencyMs;
  }

  /** Lets writes finish. */
  settle(): void {
    this.partitions.pass(SETTLE_MS);
  }

  client(name: string): Client {
    let client = this.clients.get(name);
    if (client === undefined) {
      client = { name, memberId: '', generationId: -1, instanceId: null, protocolType: 'consumer' };
      this.clients.set(name, client);
    }
    return client;
  }

  /** The id that was given out as `name`, e.g. `a.1`. */
  idOf(name: string): string {
    for (const [id, known] of this.#names) if (known === name) return id;
    return name;
  }

  /** Text with ids under their names. */
  named(memberId: string): string {
    return this.#names.get(memberId) ?? (memberId === '' ? '-' : memberId);
  }

  join(client: Client, request: Partial<JoinGroup>, done?: (joined: JoinedGroup) => void): ParkedRequest {
    this.waiting++;
    return this.coordinator.join(
      {
        groupId: 'g',
        memberId: client.memberId,
        groupInstanceId: client.instanceId,
        clientId: client.name,
        clientHost: '/127.0.0.1',
        protocolType: client.protocolType,
        protocols: [],
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        requiresKnownMemberId: true,
        canSkipAssignment: true,
        reason: null,
        ...request,
      },
      (joined) => {
        this.waiting--;
        this.#learn(client, joined);
        this.lines.push(`${client.name} ${this.#joined(joined)}`);
        done?.(joined);
      },
    );
  }

  sync(
    client: Client,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
    request: Partial<{ generationId: number; groupId: string; memberId: string; protocolName: string }> = {},
    done?: (synced: SyncedGroup) => void,
  ): ParkedRequest {
    this.waiting++;
    return this.coordinator.sync(
      {
        groupId: 'g',
        generationId: client.generationId,
        memberId: client.memberId,
        groupInstanceId: client.instanceId,
        protocolType: client.protocolType,
        protocolName: null,
        assignments,
        ...request,
      },
      (synced) => {
        this.waiting--;
        this.lines.push(
          synced.errorCode === 0
            ? `${client.name} synced ${synced.protocolType}/${synced.protocolName} gets "${synced.assignment}"`
            : `${client.name} sync ${errorName(synced.errorCode)}`,
        );
        done?.(synced);
      },
    );
  }

  /** Its answer, which must be there when the call returns or when writes are done. */
  ask<Answer>(call: (done: (answer: Answer) => void) => void): Answer {
    let answer: Answer | undefined;
    call((value) => {
      assert(answer === undefined, 'answered twice');
      answer = value;
    });
    if (answer === undefined) this.settle();
    assert(answer !== undefined, 'no answer');
    return answer;
  }

  commit(request: Partial<CommitOffsets> & Pick<CommitOffsets, 'topics'>): readonly string[] {
    const committed = this.ask<Parameters<Parameters<LocalGroupCoordinator['commitOffsets']>[1]>[0]>((done) =>
      this.coordinator.commitOffsets(
        {
          groupId: 'g',
          generationId: -1,
          memberId: '',
          groupInstanceId: null,
          retentionTimeMs: -1,
          canMissGroup: true,
          ...request,
        },
        done,
      ),
    );
    return committed.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => `${name}-${partitionIndex} ${errorName(errorCode)}`),
    );
  }

  /** Records that were written since they were last shown. */
  newRecords(): string[] {
    const partition = this.partitions.create();
    const shown: string[] = [];
    while (this.#shownOffset < partition.highWatermark) {
      const outcome = this.partitions.fetch(partition, this.#shownOffset);
      for (const buffer of outcome.buffers) {
        for (const at of batchPositions(buffer)) {
          for (const { offset, key, value } of recordsOf(buffer, at)) {
            shown.push(`+ ${this.#record(key!, value)}`);
            this.#shownOffset = offset + 1;
          }
        }
      }
      outcome.release();
    }
    return shown;
  }

  /** An id may be seen before its owner has told its name. */
  takeLines(): string[] {
    const lines = this.lines.map((line) => {
      let named = line;
      for (const [id, name] of this.#names) named = named.replaceAll(id, name);
      return named.replaceAll(/-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '.?');
    });
    this.lines = [];
    return lines;
  }

  #learn(client: Client, { errorCode, memberId, generationId }: JoinedGroup): void {
    const isMember = errorCode === ErrorCode.NONE;
    if (!isMember && errorCode !== ErrorCode.MEMBER_ID_REQUIRED) return;
    client.memberId = memberId;
    if (isMember) client.generationId = generationId;
    if (this.#names.has(memberId)) return;
    const count = [...this.#names.values()].filter((name) => name.startsWith(`${client.name}.`)).length;
    this.#names.set(memberId, `${client.name}.${count + 1}`);
  }

  #joined(joined: JoinedGroup): string {
    const { errorCode, generationId, protocolType, protocolName, leader, memberId, members } = joined;
    const id = this.named(memberId);
    if (errorCode !== 0) return `join ${errorName(errorCode)} as ${id}`;
    const all = members.map((member) => {
      const instance = member.groupInstanceId === null ? '' : `(${member.groupInstanceId})`;
      return `${this.named(member.memberId)}${instance}`;
    });
    const list = all.length === 0 ? '' : ` members ${all.join(',')}`;
    const skip = joined.skipAssignment ? ' need not assign' : '';
    return `joined ${generationId} ${protocolType}/${protocolName} as ${id} leader ${this.named(leader)}${list}${skip}`;
  }

  #record(key: Buffer, value: Buffer | null): string {
    const record = decodeGroupRecord(key, value)!;
    const version = value === null ? '' : ` v${value.readInt16BE(0)}`;
    if (record.name === 'OffsetCommit') {
      const { group, topic, partition } = record.key;
      const where = `offset ${group} ${topic}-${partition}`;
      if (record.value === null) return `${where} deleted`;
      const { offset, leaderEpoch, metadata, expireTimestamp } = record.value;
      const expires = expireTimestamp === -1 ? '' : ' expires';
      const words = metadata.length > 30 ? `${metadata.length} characters` : `"${metadata}"`;
      return `${where}${version} = ${offset} epoch ${leaderEpoch} ${words}${expires}`;
    }
    assert(record.name === 'GroupMetadata');
    if (record.value === null) return `group ${record.key.group} deleted`;
    const { protocolType, generation, protocol, leader, members } = record.value;
    const all = members.map(({ memberId, groupInstanceId, assignment }) => {
      const instance = groupInstanceId === null ? '' : `(${groupInstanceId})`;
      return ` ${this.named(memberId)}${instance}"${assignment}"`;
    });
    return `group ${record.key.group}${version} ${generation} ${protocolType}/${protocol} leader ${
      leader === null ? '-' : this.named(leader)
    }${all.join('')}`;
  }
}

/** What a consumer puts into its metadata. */
export function subscription(topics: readonly string[]): Buffer {
  return encodeConsumerProtocolSubscription({ topics: [...topics] });
}

export const errorNameOf = (errorCode: ErrorCode): string => errorName(errorCode);
