/** One of the two brokers within one scenario: its connections, what its answers gave, and its names for things. */
import {
  type Api,
  ApiVersionsRequest,
  apiByKey,
  apis,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  decode,
  decodedEnd,
  decodeResponseHeader,
  encodeRequest,
  type Fields,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type InputOf,
  ListOffsetsRequest,
  ListOffsetsResponse,
  type Message,
  MetadataRequest,
  MetadataResponse,
  responseHeaderVersion,
  type ValueOf,
} from '../../protocol';
import { Connection, type Outcome } from './client';
import { complete } from './complete';
import { errorCodesIn } from './coverage';
import { evaluate, type Moment, type Names } from './evaluate';
import type { RequestStep } from './language';
import { type Dialect, Lens, normalise, onlyMine } from './normalise';
import { type Expression, ScenarioSyntaxError } from './values';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What came of a step, comparable. */
export interface Result {
  /** `answer`, `closed`, `silent`, `timeout`, or why there is no answer to compare. */
  readonly outcome: string;
  /** Normalised; null without an answer. */
  readonly value: unknown;
  readonly codes: ReadonlySet<number>;
  /** As decoded, for those who look for a field; undefined without an answer. */
  readonly answer?: unknown;
}

interface Sent {
  readonly step: RequestStep;
  readonly version: number;
  readonly correlationId: number;
}

const ANSWER_WITHIN_MS = 30_000;
const UNTIL_WITHIN_MS = 20_000;
const UNTIL_PAUSE_MS = 50;
/** How long bytes that are no request may stay without effect; they have no answer that one could wait for. */
const RAW_WITHIN_MS = 600;
const RAW_SHOWN_BYTES = 64;
/** Both brokers' pauses between "created" and "there" end within this. */
const SETTLED_WITHIN_MS = 10_000;
const SETTLE_PAUSE_MS = 10;
const SETTLER = 'settler';

export function apiNamed(name: string): Api {
  const api = apis.find((one) => one.name === name);
  if (api === undefined) throw new ScenarioSyntaxError(`there is no API ${name}`);
  return api;
}

export class Side implements Names {
  readonly variables = new Map<string, unknown>();
  readonly prefix: string;
  readonly #lens: Lens;
  readonly #connections = new Map<string, Connection>();
  readonly #waiting = new Map<string, Sent[]>();
  #correlationId = 0;

  constructor(
    readonly address: Address,
    readonly dialect: Dialect,
    prefix: string,
    startMs: number,
  ) {
    this.prefix = prefix;
    this.#lens = new Lens(dialect, prefix, startMs);
  }

  topicIdOf(name: string): string {
    return this.#lens.topicIdOf(name);
  }

  leaderEpochOf(relative: number): number {
    return relative < 0 ? relative : relative + this.dialect.firstLeaderEpoch;
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  closeClient(client: string): void {
    this.#connections.get(client)?.close();
    this.#connections.delete(client);
    this.#waiting.delete(client);
  }

  /** Sends, waits for the answer; with `until`, again and again. */
  async ask(step: RequestStep, version: number, moment: Moment): Promise<Result> {
    const untilMs = performance.now() + UNTIL_WITHIN_MS;
    for (;;) {
      const sent = await this.#send(step, version, moment);
      if (step.isSilent) return this.#silence(step.client);
      const { result, answer } = await this.#receive(sent);
      if (answer === undefined || step.until === null) return result;
      const wanted = String(evaluate(step.until.value, this, moment));
      if (String(valueAt(answer, step.until.path)) === wanted) return result;
      if (performance.now() >= untilMs) {
        const outcome = `never ${step.until.path} = ${wanted}`;
        return { ...result, outcome };
      }
      await new Promise((resolve) => setTimeout(resolve, UNTIL_PAUSE_MS));
    }
  }

  /**
   * Waits until what was created or deleted is so for every request that follows: Kafka answers before that, and what
   * the next step would see in between is chance.
   */
  async settle(topics: readonly string[], arePresent: boolean): Promise<void> {
    const untilMs = performance.now() + SETTLED_WITHIN_MS;
    while (!(await this.#areSettled(topics, arePresent)) && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
    }
  }

  /** Changes of settings become true in their order: when a later one can be seen, those before it can. */
  async settleConfigs(): Promise<void> {
    const resource = { resourceType: 32, resourceName: SETTLER };
    const name = 'consumer.session.timeout.ms';
    // Within the range of the key, and another one each time.
    const value = String(45_000 + (this.#correlationId % 10_000));
    await this.#askPlainly(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
      resources: [{ ...resource, configs: [{ name, configOperation: 0, value }] }],
      validateOnly: false,
    });
    const untilMs = performance.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const { results } = await this.#askPlainly(DescribeConfigsRequest, DescribeConfigsResponse, 4, {
        resources: [{ ...resource, configurationKeys: [name] }],
        includeSynonyms: false,
      });
      if (results[0]?.configs[0]?.value === value || performance.now() > untilMs) return;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
    }
  }

  async #areSettled(topics: readonly string[], arePresent: boolean): Promise<boolean> {
    const metadata = await this.#askPlainly(MetadataRequest, MetadataResponse, 9, {
      topics: topics.map((name) => ({ name })),
      allowAutoTopicCreation: false,
    });
    if (metadata.topics.some(({ errorCode }) => (errorCode === 0) !== arePresent)) return false;
    const offsets = await this.#askPlainly(ListOffsetsRequest, ListOffsetsResponse, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: metadata.topics.map(({ name, partitions }) => ({
        name: name ?? '',
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, timestamp: -1 })),
      })),
    });
    return offsets.topics.every(({ partitions }) => partitions.every(({ errorCode }) => errorCode === 0));
  }

  async #askPlainly<Q extends Fields, A extends Fields>(
    request: Message<Q>,
    response: Message<A>,
    version: number,
    body: InputOf<Message<Q>>,
  ): Promise<ValueOf<Message<A>>> {
    const connection = await this.#connection(SETTLER);
    const header = { correlationId: ++this.#correlationId, clientId: SETTLER };
    connection.send(Buffer.concat(encodeRequest(request, version, header, body)));
    const outcome = await connection.receive(ANSWER_WITHIN_MS);
    if (outcome.kind !== 'answer') throw new Error(`${request.name} was answered by: ${outcome.kind}`);
    const { bodyOffset } = decodeResponseHeader(outcome.payload, responseHeaderVersion(response, version));
    return decode(response, version, outcome.payload, bodyOffset);
  }

  async sendLater(step: RequestStep, version: number, moment: Moment): Promise<void> {
    const sent = await this.#send(step, version, moment);
    this.#waiting.set(step.client, [...(this.#waiting.get(step.client) ?? []), sent]);
  }

  /** The request that `client` sent longest ago and has no answer yet. */
  oldestWaiting(client: string): Sent {
    const sent = this.#waiting.get(client)?.[0];
    if (sent === undefined) throw new ScenarioSyntaxError(`${client} waits for nothing`);
    return sent;
  }

  async receiveLater(client: string): Promise<Result> {
    const sent = this.oldestWaiting(client);
    this.#waiting.get(client)?.shift();
    const { result } = await this.#receive(sent);
    return result;
  }

  /** Bytes that may be no request at all. */
  async sendRaw(client: string, bytes: Expression, moment: Moment): Promise<Result> {
    const payload = evaluate(bytes, this, moment) as Buffer;
    // Without bytes the question is what comes next on the connection that there is, or was.
    const known = payload.length === 0 ? this.#connections.get(client) : undefined;
    const connection = known ?? (await this.#connection(client));
    connection.send(payload);
    const outcome = await connection.receive(RAW_WITHIN_MS);
    const value = outcome.kind === 'answer' ? shortHex(outcome.payload) : null;
    return { outcome: outcome.kind, value, codes: new Set() };
  }

  async #connection(client: string): Promise<Connection> {
    const known = this.#connections.get(client);
    if (known !== undefined && !known.isClosed) return known;
    const opened = await Connection.open(this.address.host, this.address.port);
    this.#connections.set(client, opened);
    return opened;
  }

  async #send(step: RequestStep, version: number, moment: Moment): Promise<Sent> {
    const { request } = apiNamed(step.api);
    const connection = await this.#connection(step.client);
    const correlationId = ++this.#correlationId;
    const header = { correlationId, clientId: step.client };
    const body = evaluate(step.body, this, moment);
    const whole = complete(request, version, body, (name) => this.topicIdOf(name));
    connection.send(Buffer.concat(encodeRequest(request, version, header, whole as never)));
    return { step, version, correlationId };
  }

  /** An answer to a request behind it proves that there was none to the request itself. */
  async #silence(client: string): Promise<Result> {
    const connection = await this.#connection(client);
    const correlationId = ++this.#correlationId;
    connection.send(
      Buffer.concat(encodeRequest(ApiVersionsRequest, 0, { correlationId, clientId: client }, {})),
    );
    const next = await connection.receive(ANSWER_WITHIN_MS);
    if (next.kind !== 'answer') return { outcome: next.kind, value: null, codes: new Set() };
    const isProbe = next.payload.readInt32BE(0) === correlationId;
    if (!isProbe) await connection.receive(ANSWER_WITHIN_MS);
    return { outcome: isProbe ? 'silent' : 'answered', value: null, codes: new Set() };
  }

  async #receive(sent: Sent): Promise<{ readonly result: Result; readonly answer?: unknown }> {
    const connection = await this.#connection(sent.step.client);
    const outcome = await connection.receive(ANSWER_WITHIN_MS);
    // What comes after all would be taken for the answer to the next request.
    if (outcome.kind === 'timeout') this.closeClient(sent.step.client);
    if (outcome.kind !== 'answer') {
      return { result: { outcome: outcome.kind, value: null, codes: new Set() } };
    }
    const answer = readAnswer(sent, outcome);
    this.#lens.learn(sent.step.api, answer);
    for (const { name, path } of sent.step.keep) this.variables.set(name, valueAt(answer, path));
    const normal = normalise(answer, this.#lens, sent.step.api);
    const value = sent.step.isMine ? onlyMine(normal) : normal;
    return { result: { outcome: 'answer', value, codes: errorCodesIn(answer), answer }, answer };
  }
}

/** Who sends raw bytes asks whether there is an answer; what is in a long one is asked for by name elsewhere. */
function shortHex(payload: Buffer): string {
  return payload.length <= RAW_SHOWN_BYTES ? payload.toString('hex') : 'long';
}

/** The decoded answer; what is wrong with its form stands in fields that no right answer has. */
function readAnswer(sent: Sent, { payload }: Extract<Outcome, { kind: 'answer' }>): unknown {
  const { response, key } = apiNamed(sent.step.api);
  // Whoever asks for a version of ApiVersions that is not there is answered in version 0.
  const isRefusal = key === 18 && sent.version > (apiByKey(18)?.served[1] ?? 0);
  const version = isRefusal ? 0 : sent.version;
  try {
    const header = decodeResponseHeader(payload, responseHeaderVersion(response, version));
    const value = decode(response, version, payload, header.bodyOffset) as object;
    const surplus = payload.length - decodedEnd(response, version, payload, header.bodyOffset);
    return {
      ...value,
      ...(header.correlationId === sent.correlationId ? {} : { hasWrongCorrelationId: true }),
      ...(surplus === 0 ? {} : { bytesBehind: surplus }),
    };
  } catch (error) {
    return { undecodable: error instanceof Error ? error.message : String(error) };
  }
}

/** `topics[0].partitions[1].offset`, `groups.length`; undefined where nothing stands. */
export function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const name of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (at === null || at === undefined) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
