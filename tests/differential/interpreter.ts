/** Runs one scenario against both brokers, step by step, and compares what came of each. */
import { ErrorCode } from '../../protocol';
import type { Place } from './allowed';
import { compare, type Difference, OUTCOME } from './compare';
import { listOf, type Moment } from './evaluate';
import { apisOf, type RequestStep, type Scenario, type Step, versionsOf } from './language';
import { apiNamed, type Result, type Side, valueAt } from './side';
import { ScenarioSyntaxError } from './values';

/** What a run hears of each comparison. */
export interface Listener {
  compared(place: Place, line: number, kafka: Result, differences: readonly Difference[]): void;
  /** The scenario itself is wrong: Kafka does not do what it says. */
  wrong(scenario: string, line: number, why: string): void;
}

/** Without `ours`, only what the scenario says of Kafka is checked. */
export interface Pair {
  readonly kafka: Side;
  readonly ours: Side | null;
  /** Restarts both brokers. */
  restart(): Promise<void>;
}

export async function runScenario(scenario: Scenario, pair: Pair, listener: Listener): Promise<void> {
  for (const api of apisOf(scenario.steps)) apiNamed(api);
  try {
    await new Run(scenario, pair, listener).steps(scenario.steps);
  } finally {
    pair.kafka.close();
    pair.ours?.close();
  }
}

class Run {
  constructor(
    readonly scenario: Scenario,
    readonly pair: Pair,
    readonly listener: Listener,
  ) {}

  async steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      try {
        await this.#step(step);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message.startsWith(`${this.scenario.name}:`)) throw error;
        throw new ScenarioSyntaxError(`${this.scenario.name}:${step.line}: ${message}`);
      }
    }
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'request':
        return this.#request(step);
      case 'receive':
        return this.#receive(step.client, step.line);
      case 'close':
        for (const side of this.#sides()) side.closeClient(step.client);
        return;
      case 'raw': {
        const moment = { nowMs: Date.now() };
        const results = await this.#both((side) => side.sendRaw(step.client, step.bytes, moment));
        return this.#compare('raw', 0, step.line, step.expect, results);
      }
      case 'restart':
        for (const side of this.#sides()) side.close();
        return this.pair.restart();
      case 'pause':
        await new Promise((resolve) => setTimeout(resolve, step.milliseconds));
        return;
      case 'for':
        for (const word of listOf(step.over, this.pair.kafka)) {
          for (const side of this.#sides()) side.variables.set(step.name, word);
          await this.steps(step.steps);
        }
    }
  }

  #sides(): readonly Side[] {
    return this.pair.ours === null ? [this.pair.kafka] : [this.pair.kafka, this.pair.ours];
  }

  async #request(step: RequestStep): Promise<void> {
    const text = step.versions.replace(/\$(\w+)/g, (_, name: string) =>
      String(this.pair.kafka.variables.get(name)),
    );
    for (const version of versionsOf(text, apiNamed(step.api).served)) {
      for (const side of this.#sides()) side.variables.set('version', version);
      const moment: Moment = { nowMs: Date.now() };
      if (step.isLater) await this.#both((side) => side.sendLater(step, version, moment));
      else {
        const results = await this.#both(async (side) => {
          const result = await side.ask(step, version, moment);
          if (!isTryOut(step) && result.answer !== undefined) await settle(side, step.api, result.answer);
          return result;
        });
        this.#compare(step.api, version, step.line, step.expect, results);
      }
    }
  }

  async #receive(client: string, line: number): Promise<void> {
    const { step, version } = this.pair.kafka.oldestWaiting(client);
    const results = await this.#both((side) => side.receiveLater(client));
    this.#compare(step.api, version, line, step.expect, results);
  }

  /** Ours may be unable to go on where Kafka is: that is a result, not the end of the run. */
  async #both<T>(ask: (side: Side) => Promise<T>): Promise<(T | Result)[]> {
    const { kafka, ours } = this.pair;
    const failed = (error: unknown): Result => ({
      outcome: `failed: ${error instanceof Error ? error.message : error}`,
      value: null,
      codes: new Set(),
    });
    return Promise.all([ask(kafka), ...(ours === null ? [] : [ask(ours).catch(failed)])]);
  }

  #compare(
    api: string,
    version: number,
    line: number,
    expect: readonly string[],
    [kafka, ours]: readonly Result[],
  ): void {
    const place = { scenario: this.scenario.name, api, version };
    for (const word of expect) {
      if (!isAsExpected(kafka!, word)) {
        const codes = [...kafka!.codes].join(' ');
        this.listener.wrong(
          this.scenario.name,
          line,
          `${api} v${version}: expected ${word} of Kafka, not ${kafka!.outcome} ${codes}`,
        );
      }
    }
    // A scenario that waits in vain says something else than it seems to.
    if (/^(timeout|never)/.test(kafka!.outcome) && !expect.includes(kafka!.outcome)) {
      this.listener.wrong(this.scenario.name, line, `${api} v${version}: Kafka: ${kafka!.outcome}`);
    }
    this.listener.compared(place, line, kafka!, ours === undefined ? [] : differencesOf(kafka!, ours));
  }
}

/** What is only validated never comes. */
function isTryOut({ body }: RequestStep): boolean {
  return body.kind === 'object' && body.entries.some(([key]) => key === 'validateOnly');
}

/** After topics came or went, or settings changed, waits until that is true for everybody. */
async function settle(side: Side, api: string, answer: unknown): Promise<void> {
  if (/^(Incremental)?AlterConfigs$/.test(api)) await side.settleConfigs();
  if (api !== 'CreateTopics' && api !== 'DeleteTopics') return;
  const list = api === 'CreateTopics' ? 'topics' : 'responses';
  const results = (valueAt(answer, list) ?? []) as readonly { name: string | null; errorCode: number }[];
  const changed = results.filter(({ name, errorCode }) => name !== null && errorCode === 0);
  if (changed.length > 0)
    await side.settle(
      changed.map(({ name }) => name as string),
      api === 'CreateTopics',
    );
}

function differencesOf(kafka: Result, ours: Result): readonly Difference[] {
  if (kafka.outcome === ours.outcome) return compare(kafka.value, ours.value);
  return [{ path: OUTCOME, kafka: describe(kafka), ours: describe(ours) }];
}

function describe(result: Result): string {
  return result.value === null
    ? result.outcome
    : `${result.outcome} ${JSON.stringify(result.value).slice(0, 300)}`;
}

function isAsExpected(result: Result, word: string): boolean {
  if (result.outcome !== 'answer') return word === result.outcome;
  if (word === 'answer') return true;
  if (word === 'NONE') return [...result.codes].every((code) => code === 0);
  const code = (ErrorCode as Readonly<Record<string, number>>)[word];
  if (code === undefined) return false;
  return result.codes.has(code);
}
