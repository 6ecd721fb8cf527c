import type { Deadline } from '../deadlines';
import type { GroupClient, JoinedGroup, SyncedGroup } from './types';

/** One of the ways of sharing out work that a member knows. The broker understands none of them. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export const EMPTY_ASSIGNMENT = Buffer.alloc(0);

export interface MemberTimeouts {
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
}

/** A member of a classic group. */
export class ClassicMember implements GroupClient {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** The preferred one first; no name twice. */
  protocols: readonly MemberProtocol[];
  assignment: Buffer = EMPTY_ASSIGNMENT;
  /** Has not been part of a generation yet: its session ends even while it waits. */
  isNew = false;
  /** Has not asked for its assignment in this generation. */
  owesSync = false;
  parkedJoin: ((answer: JoinedGroup) => void) | null = null;
  parkedSync: ((answer: SyncedGroup) => void) | null = null;
  /** End of its session; null while no leader keeps it. */
  session: Deadline | null = null;

  constructor(
    identity: GroupClient & { readonly memberId: string; readonly groupInstanceId: string | null },
    timeouts: MemberTimeouts,
    protocols: readonly MemberProtocol[],
  ) {
    this.memberId = identity.memberId;
    this.groupInstanceId = identity.groupInstanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
    this.rebalanceTimeoutMs = timeouts.rebalanceTimeoutMs;
    this.sessionTimeoutMs = timeouts.sessionTimeoutMs;
    this.protocols = protocols;
  }
}

/** Names without repetition, in memory of their own. What is known already is not copied again. */
export function keptProtocols(
  protocols: readonly MemberProtocol[],
  known: readonly MemberProtocol[] = [],
): readonly MemberProtocol[] {
  if (sameProtocols(protocols, known)) return known;
  const kept: MemberProtocol[] = [];
  for (const { name, metadata } of protocols) {
    if (!kept.some((other) => other.name === name)) kept.push({ name, metadata: keptBytes(metadata) });
  }
  return kept;
}

/** A copy that holds no larger buffer alive. */
export function keptBytes(bytes: Buffer): Buffer {
  if (bytes.length === 0) return EMPTY_ASSIGNMENT;
  const kept = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(kept);
  return kept;
}

export function sameProtocols(some: readonly MemberProtocol[], others: readonly MemberProtocol[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ name, metadata }, at) => {
    const other = others[at]!;
    return name === other.name && metadata.equals(other.metadata);
  });
}

/** Of the protocol `name`, which the member must know. */
export function metadataOf(member: ClassicMember, name: string): Buffer {
  return member.protocols.find((protocol) => protocol.name === name)!.metadata;
}

/** A member that waits for its assignment or for the next generation is alive without heartbeats. */
export function isAliveWaiting({ isNew, parkedJoin, parkedSync }: ClassicMember): boolean {
  return !isNew && (parkedJoin !== null || parkedSync !== null);
}
