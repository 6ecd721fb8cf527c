/** Turns a scenario's values into what is sent to one of the two brokers. */
import { assignment, batch, frame, request, type Sample, samplesOf, subscription, words } from './functions';
import { type Expression, parseValues, ScenarioSyntaxError } from './values';

/** What values depend on: one broker's own names for things. */
export interface Names {
  /** Stands for `~`. */
  readonly prefix: string;
  readonly variables: ReadonlyMap<string, unknown>;
  topicIdOf(name: string): string;
  /** Leader epochs count from another number in each broker. */
  leaderEpochOf(relative: number): number;
}

/** What both brokers share within a step. */
export interface Moment {
  readonly nowMs: number;
}

export function evaluate(expression: Expression, names: Names, moment: Moment): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'word':
      return evaluateWord(expression.text, names);
    case 'array':
      return expression.items.map((item) => evaluate(item, names, moment));
    case 'object':
      return Object.fromEntries(
        expression.entries.map(([key, value]) => [key, evaluate(value, names, moment)]),
      );
    case 'call':
      return evaluateCall(expression.name, expression.text, names, moment);
  }
}

function evaluateWord(text: string, names: Names): unknown {
  if (/^\$\w+$/.test(text)) return variableOf(text.slice(1), names);
  return interpolate(text, names);
}

/** A name with `~` becomes a legal one, whatever stands in its variables. */
export function interpolate(text: string, names: Names): string {
  const filled = text.replace(/\$(\w+)/g, (_, name: string) => {
    const value = variableOf(name, names);
    return text.startsWith('~') ? String(value).replace(/[^\w.-]/g, '-') : String(value);
  });
  return filled.startsWith('~') ? names.prefix + filled.slice(1) : filled;
}

function variableOf(name: string, names: Names): unknown {
  if (!names.variables.has(name)) throw new ScenarioSyntaxError(`$${name} is not known here`);
  return names.variables.get(name);
}

function evaluateCall(name: string, text: string, names: Names, moment: Moment): unknown {
  const filled = () =>
    words(text)
      .map((word) => interpolate(word, names))
      .join(' ');
  const values = () => parseValues(text).map((value) => evaluate(value, names, moment));
  switch (name) {
    case 'batch':
      return batch(filled().replace('ts=now', `ts=${moment.nowMs}`));
    case 'subscription':
      return subscription(filled());
    case 'assignment':
      return assignment(filled());
    case 'hex':
      return Buffer.from(text.replace(/\s/g, ''), 'hex');
    case 'text':
      return Buffer.from(filled());
    case 'id':
      return names.topicIdOf(filled());
    case 'epoch':
      return names.leaderEpochOf(Number(filled()));
    case 'now':
      return moment.nowMs + Number(text === '' ? 0 : text);
    case 'operation': {
      const [configOperation, value] = words(filled());
      return { name: 'cleanup.policy', configOperation: Number(configOperation), value };
    }
    case 'pad':
      return padded(filled());
    case 'sample':
      return Buffer.from(sampleOf(filled()).hex, 'hex');
    case 'configs':
      return Object.entries(sampleOf(filled()).topicConfig ?? {}).map(([key, value]) => ({
        name: key,
        value,
      }));
    default:
      return evaluateBytesCall(name, values());
  }
}

function evaluateBytesCall(name: string, values: readonly unknown[]): unknown {
  const [first, second] = values;
  switch (name) {
    case 'concat':
      return Buffer.concat(values.map(bytesOf));
    case 'cut':
      return bytesOf(first).subarray(0, Number(second));
    case 'flip': {
      const bytes = Buffer.from(bytesOf(first));
      bytes[Number(second)]! ^= 1;
      return bytes;
    }
    case 'frame':
      return frame(bytesOf(first));
    case 'request':
      return request(`${first} ${second}`, values.length > 2 ? bytesOf(values[2]) : Buffer.alloc(0));
    case 'repeat':
      return String(first).repeat(Number(second));
    case 'list':
      return Array.from({ length: Number(second) }, () => first);
    default:
      throw new ScenarioSyntaxError(`there is no function ${name}`);
  }
}

/** `pad(~name 249)`: the name with as many x behind it as make it that long. */
function padded(text: string): string {
  const [word = '', length = ''] = words(text);
  return word.padEnd(Number(length), 'x');
}

function bytesOf(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new ScenarioSyntaxError(`expected bytes, not ${String(value)}`);
  return value;
}

/** The words of `for ... in`, in parentheses if they need several lines; `samples(bad)` are the cases of a file, `samples(bad crc)` those with crc in their name. */
export function listOf(text: string, names: Names): readonly unknown[] {
  const samples = /^samples\((\S+)\s*(.*)\)$/.exec(text);
  if (samples === null) {
    const bare = text.replace(/^\((.*)\)$/, '$1');
    return parseValues(bare).map((value) => evaluate(value, names, { nowMs: 0 }));
  }
  const file = samples[1]!;
  const wanted = new RegExp(samples[2]!);
  return [...samplesOf(file).keys()].filter((one) => wanted.test(one)).map((one) => `${file}:${one}`);
}

function sampleOf(name: string): Sample {
  const colon = name.indexOf(':');
  const sample = samplesOf(name.slice(0, colon)).get(name.slice(colon + 1));
  if (sample === undefined) throw new ScenarioSyntaxError(`there is no sample ${name}`);
  return sample;
}
