/**
 * Makes the answers of two brokers comparable: what each broker may choose freely (ids, ports, sessions, the moment, the
 * wording of a message) becomes a name that says which one it is, by the order in which it was first seen. A name that
 * stands for the wrong thing therefore still differs.
 */
import { zeroUuid } from '../../protocol';
import { viewRecords } from './records-view';

/** What is a broker's own, apart from any scenario. */
export interface Dialect {
  readonly ports: readonly number[];
  readonly dataFolder: string | null;
  /** The number of a partition's first leader epoch. */
  readonly firstLeaderEpoch: number;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** As scenarios write ids that nobody has. */
const MADE_UP = /^([0-9a-f])\1{7}-/;
const topicNames = ['name', 'topic', 'topicName'];
const SAID = '<text>';

/** Names for what one broker chose within one scenario. */
export class Lens {
  readonly #topicIds = new Map<string, string>();
  readonly #topicLabels = new Map<string, string>();
  readonly #uuids = new Map<string, string>();
  readonly #producerIds = new Map<unknown, string>();
  readonly #sessions = new Map<unknown, string>();

  constructor(
    readonly dialect: Dialect,
    /** Stands in front of every name of the scenario. */
    readonly prefix: string,
    /** Moments from here to now are "now". */
    readonly startMs: number,
  ) {}

  topicIdOf(name: string): string {
    return this.#topicIds.get(name) ?? zeroUuid;
  }

  /** Takes note of topic and producer ids in an answer, before it is normalised. */
  learn(api: string, value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.learn(api, item);
    if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return;
    const fields = value as Readonly<Record<string, unknown>>;
    const id = fields.topicId;
    const name = topicNames.map((field) => fields[field]).find((text) => typeof text === 'string' && text);
    if (typeof id === 'string' && id !== zeroUuid && typeof name === 'string') this.#learnTopic(name, id);
    if (api === 'InitProducerId' && Number(fields.producerId) >= 0) {
      number(this.#producerIds, fields.producerId, 'producer');
    }
    for (const one of Object.values(fields)) this.learn(api, one);
  }

  #learnTopic(name: string, id: string): void {
    this.#topicIds.set(name, id);
    if (this.#topicLabels.has(id)) return;
    const label = `id of ${this.text(name)}`;
    const earlier = [...this.#topicLabels.values()].filter(
      (one) => one === label || one.startsWith(`${label} #`),
    );
    this.#topicLabels.set(id, earlier.length === 0 ? label : `${label} #${earlier.length + 1}`);
  }

  text(text: string): string {
    let plain = text.replaceAll(this.prefix, '~');
    for (const port of this.dialect.ports) {
      plain = plain.replaceAll(`:${port}`, ':<port>');
    }
    const { dataFolder } = this.dialect;
    if (dataFolder !== null) plain = plain.replaceAll(dataFolder, '<folder>');
    return plain.replace(UUID, (id) => this.#uuid(id));
  }

  #uuid(id: string): string {
    const topic = this.#topicLabels.get(id);
    if (topic !== undefined) return `<${topic}>`;
    if (MADE_UP.test(id)) return id;
    return number(this.#uuids, id, 'uuid');
  }

  leaderEpoch(epoch: number): number | string {
    const { firstLeaderEpoch } = this.dialect;
    if (epoch < 0 || firstLeaderEpoch === 0) return epoch;
    return epoch < firstLeaderEpoch ? `<${epoch} before the first>` : epoch - firstLeaderEpoch;
  }

  producerId(id: unknown): unknown {
    return this.#producerIds.get(id) ?? id;
  }

  session(id: unknown): unknown {
    return id === 0 ? 0 : number(this.#sessions, id, 'session');
  }

  moment(value: unknown): unknown {
    const ms = Number(value);
    return ms >= this.startMs && ms <= Date.now() + 60_000 ? '<now>' : value;
  }
}

function number(names: Map<unknown, string>, key: unknown, what: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `<${what} ${names.size + 1}>`;
  names.set(key, name);
  return name;
}

type Rule = (value: unknown, lens: Lens) => unknown;

const leaderEpoch: Rule = (value, lens) => lens.leaderEpoch(Number(value));
const moment: Rule = (value, lens) => lens.moment(value);
const said: Rule = (value) => (value === null ? null : SAID);
const positive =
  (name: string): Rule =>
  (value) =>
    Number(value) > 0 ? name : value;

/** Field names with a meaning of their own, whatever the message. */
const rules: Readonly<Record<string, Rule>> = {
  clusterId: (value) => (value === null ? null : '<cluster>'),
  port: (value, lens) => (lens.dialect.ports.includes(Number(value)) ? '<port>' : value),
  leaderEpoch,
  currentLeaderEpoch: leaderEpoch,
  // Of the diverging epoch that a fetch may be told.
  epoch: leaderEpoch,
  producerId: (value, lens) => lens.producerId(value),
  sessionId: (value, lens) => lens.session(value),
  timestamp: moment,
  logAppendTimeMs: moment,
  lastTimestamp: moment,
  lastFetchTimestamp: moment,
  lastCaughtUpTimestamp: moment,
  finalizedFeaturesEpoch: (value) => (Number(value) >= 0 ? '<epoch>' : value),
  errorMessage: said,
  topicErrorMessage: said,
  batchIndexErrorMessage: said,
  documentation: (value) => (value === null || value === '' ? null : SAID),
  logDir: (value) => (value === '' ? value : '<folder>'),
  totalBytes: positive('<bytes>'),
  usableBytes: positive('<bytes>'),
};

/** Fields of single APIs. The metadata log is not a log that clients read: how long it is says nothing. */
const rulesOfApi: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  DescribeQuorum: {
    leaderEpoch: positive('<leader epoch>'),
    highWatermark: positive('<offset>'),
    logEndOffset: positive('<offset>'),
  },
};

/** The value of an answer with everything that a broker may choose replaced by a name. */
export function normalise(value: unknown, lens: Lens, api = '', field = ''): unknown {
  if (value === null || value === undefined) return null;
  const rule = rulesOfApi[api]?.[field] ?? rules[field];
  if (rule !== undefined) return rule(value, lens);
  if (Buffer.isBuffer(value)) return field === 'records' ? viewRecords(value, lens) : bytesText(value, lens);
  if (typeof value === 'string') return lens.text(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map((item) => normalise(item, lens, api));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => [name, normalise(content, lens, api, name)]),
  );
}

/** Text where it is text, else hexadecimal. */
export function bytesText(bytes: Buffer, lens: Lens): string {
  const text = bytes.toString('latin1');
  if (/^[\x20-\x7e]*$/.test(text)) return lens.text(text);
  const prefix = Buffer.from(lens.prefix).toString('hex');
  return `0x${bytes.toString('hex').replaceAll(prefix, '~')}`;
}

/** Leaves out of every list the elements whose name does not belong to the scenario. */
export function onlyMine(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isMine).map(onlyMine);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, onlyMine(content)]));
}

const ownNames = [...topicNames, 'groupId', 'group', 'resourceName', 'transactionalId'];

function isMine(element: unknown): boolean {
  if (element === null || typeof element !== 'object') return true;
  const fields = element as Readonly<Record<string, unknown>>;
  const names = ownNames.map((field) => fields[field]).filter((name) => typeof name === 'string');
  return names.length === 0 || names.some((name) => String(name).startsWith('~'));
}
