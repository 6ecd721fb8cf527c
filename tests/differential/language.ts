/**
 * The language of `scenarios/*.txt`. One step a line; a line goes on while a bracket is open.
 *
 *     alone                                    # at the top: no other scenario may run beside this one
 *     config key=value key=value               # at the top: brokers of its own, with these settings too
 *     for codec in none gzip                   # ... end; $codec in between
 *     a Produce v3,9 { ... }                   # connection a (opened on first use) sends it in both versions
 *     a Metadata each { ... }                  # versions: v4  v4,9  v4-9  v9+  lowest  middle  highest  edges  each
 *       keep id = topics[0].topicId            # $id, of each broker its own
 *       until topics[0].errorCode = 0          # ask again until both say so
 *       mine                                   # of lists, only what has a name of this scenario
 *       expect UNKNOWN_TOPIC_OR_PARTITION      # Kafka's answer holds this error; NONE: no other; closed, silent, timeout
 *     a JoinGroup v5 { ... } later             # do not wait for the answer now
 *     a receive                                # ... but here, and compare it
 *     a Produce v9 { acks: 0 ... } silent      # no answer comes, and the connection lives or dies
 *     a raw hex(00ff)                          # bytes as they are
 *     a close
 *     pause 1500 ms
 *     restart                                  # both brokers, in order; for scenarios with brokers of their own
 *
 * What stands behind a request on its line, or below it, separated by `;`, concerns that request.
 */
import { type Expression, isBalanced, parseValue, ScenarioSyntaxError } from './values';

export interface RequestStep {
  readonly kind: 'request';
  readonly line: number;
  readonly client: string;
  readonly api: string;
  readonly versions: string;
  readonly body: Expression;
  readonly keep: readonly { readonly name: string; readonly path: string }[];
  readonly until: { readonly path: string; readonly value: Expression } | null;
  readonly expect: readonly string[];
  readonly isLater: boolean;
  readonly isSilent: boolean;
  readonly isMine: boolean;
}

export type Step =
  | RequestStep
  | { readonly kind: 'receive'; readonly line: number; readonly client: string }
  | { readonly kind: 'close'; readonly line: number; readonly client: string }
  | {
      readonly kind: 'raw';
      readonly line: number;
      readonly client: string;
      readonly bytes: Expression;
      readonly expect: readonly string[];
    }
  | { readonly kind: 'restart'; readonly line: number }
  | { readonly kind: 'pause'; readonly line: number; readonly milliseconds: number }
  | {
      readonly kind: 'for';
      readonly line: number;
      readonly name: string;
      /** Words, or one call that yields a list. */
      readonly over: string;
      readonly steps: readonly Step[];
    };

export interface Scenario {
  readonly name: string;
  readonly isAlone: boolean;
  /** Settings of the brokers beyond `broker.properties`. */
  readonly config: readonly string[];
  readonly steps: readonly Step[];
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const MODIFIER = /^(keep|until|expect|later|silent|mine)\b/;
const VERSIONS = /^(v[\d$][\w$,+-]*|lowest|middle|highest|edges|each)$/;

export function parseScenario(name: string, text: string): Scenario {
  const lines = logicalLines(name, text);
  let isAlone = false;
  let config: readonly string[] = [];
  for (; lines.length > 0; lines.shift()) {
    const { text: head } = lines[0]!;
    if (head === 'alone') isAlone = true;
    else if (head.startsWith('config ')) config = head.split(/\s+/).slice(1);
    else break;
  }
  return { name, isAlone, config, steps: new StepReader(name, lines).steps(false) };
}

/** Without comments, with continued lines joined. */
function logicalLines(name: string, text: string): Line[] {
  const lines: Line[] = [];
  let open: { number: number; text: string } | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    const bare = raw.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '') continue;
    if (open === null) open = { number: index + 1, text: bare };
    else open.text += ` ${bare}`;
    if (!isBalanced(open.text)) continue;
    lines.push(open);
    open = null;
  }
  if (open !== null) throw new ScenarioSyntaxError(`${name}:${open.number}: a bracket is never closed`);
  return lines;
}

class StepReader {
  #next = 0;

  constructor(
    readonly name: string,
    readonly lines: readonly Line[],
  ) {}

  steps(isNested: boolean): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const line = this.lines[this.#next];
      if (line === undefined) {
        if (isNested) throw new ScenarioSyntaxError(`${this.name}: end is missing`);
        return steps;
      }
      this.#next++;
      if (line.text === 'end') {
        if (isNested) return steps;
        throw new ScenarioSyntaxError(`${this.name}:${line.number}: end without for`);
      }
      try {
        steps.push(this.#step(line));
      } catch (error) {
        if (!(error instanceof ScenarioSyntaxError) || error.message.startsWith(`${this.name}:`)) throw error;
        throw new ScenarioSyntaxError(`${this.name}:${line.number}: ${error.message}`);
      }
    }
  }

  #step({ number: line, text }: Line): Step {
    const loop = /^for (\w+) in (.+)$/.exec(text);
    if (loop !== null) return { kind: 'for', line, name: loop[1]!, over: loop[2]!, steps: this.steps(true) };
    const pause = /^pause (\d+) ms$/.exec(text);
    if (pause !== null) return { kind: 'pause', line, milliseconds: Number(pause[1]) };
    if (text === 'restart') return { kind: 'restart', line };
    const [, client, word, rest] = /^(\w+)\s+(\S+)\s*(.*)$/.exec(text) ?? [];
    if (client === undefined || word === undefined) throw new ScenarioSyntaxError(`not a step: ${text}`);
    if (word === 'receive' || word === 'close') return { kind: word, line, client };
    if (word === 'raw') {
      const { value, end } = parseValue(rest!);
      return { kind: 'raw', line, client, bytes: value, expect: this.#modifiers(rest!.slice(end)).expect };
    }
    return this.#request(line, client, word, rest!);
  }

  #request(line: number, client: string, api: string, rest: string): RequestStep {
    const [, versions, tail] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
    if (versions === undefined || !VERSIONS.test(versions)) {
      throw new ScenarioSyntaxError(`expected versions behind ${api}, not ${rest}`);
    }
    let body: Expression = { kind: 'object', entries: [] };
    let modifiers = tail!;
    if (tail !== '' && !MODIFIER.test(tail!)) {
      const parsed = parseValue(tail!);
      body = parsed.value;
      modifiers = tail!.slice(parsed.end);
    }
    return { kind: 'request', line, client, api, versions, body, ...this.#modifiers(modifiers) };
  }

  #modifiers(
    first: string,
  ): Pick<RequestStep, 'keep' | 'until' | 'expect' | 'isLater' | 'isSilent' | 'isMine'> {
    const texts = first.split(';');
    for (let line = this.lines[this.#next]; line !== undefined; line = this.lines[this.#next]) {
      if (!MODIFIER.test(line.text)) break;
      texts.push(...line.text.split(';'));
      this.#next++;
    }
    const keep: { name: string; path: string }[] = [];
    const expect: string[] = [];
    let until: RequestStep['until'] = null;
    let isLater = false;
    let isSilent = false;
    let isMine = false;
    for (const text of texts.map((each) => each.trim()).filter((each) => each !== '')) {
      const kept = /^keep (\w+) = (\S+)$/.exec(text);
      const waited = /^until (\S+) = (.+)$/.exec(text);
      if (kept !== null) keep.push({ name: kept[1]!, path: kept[2]! });
      else if (waited !== null) until = { path: waited[1]!, value: parseValue(waited[2]!).value };
      else if (/^expect \w/.test(text)) expect.push(...text.slice(7).trim().split(/\s+/));
      else if (text === 'later') isLater = true;
      else if (text === 'silent') isSilent = true;
      else if (text === 'mine') isMine = true;
      else throw new ScenarioSyntaxError(`unknown modifier: ${text}`);
    }
    return { keep, until, expect, isLater, isSilent, isMine };
  }
}

/** Names of the APIs that a scenario asks for. */
export function apisOf(steps: readonly Step[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'request') names.add(step.api);
    else if (step.kind === 'for') for (const name of apisOf(step.steps)) names.add(name);
  }
  return names;
}

/** The versions that `text` names, of those that are served. */
export function versionsOf(text: string, served: readonly [number, number]): readonly number[] {
  const [low, high] = served;
  const middle = Math.floor((low + high) / 2);
  const named: Readonly<Record<string, readonly number[]>> = {
    lowest: [low],
    middle: [middle],
    highest: [high],
    edges: [...new Set([low, middle, high])],
    each: span(low, high),
  };
  const known = named[text];
  if (known !== undefined) return known;
  return text
    .slice(1)
    .split(',')
    .flatMap((part) => {
      const [, from, dash, to] = /^(\d+)([-+]?)(\d*)$/.exec(part) ?? [];
      if (from === undefined) throw new ScenarioSyntaxError(`${text} names no versions`);
      if (dash === '') return [Number(from)];
      return span(Number(from), dash === '+' ? high : Number(to));
    });
}

function span(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
