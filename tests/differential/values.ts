/**
 * The values of a scenario: JSON without its noise. Keys and words stand bare, commas are optional, `$name` is what an
 * earlier answer gave, `~name` is a name that belongs to the scenario, and `function(text)` makes what JSON cannot say.
 *
 *     { topics: [{ name: ~orders, partitions: [0 1] }], records: batch(k=v x | codec=gzip) }
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  /** A bare or double-quoted word, in which `$` and a leading `~` have meaning. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly text: string };

export class ScenarioSyntaxError extends Error {
  override readonly name = 'ScenarioSyntaxError';
}

const NUMBER = /^-?\d+(\.\d+)?$/;
const WORD = /[^\s,:{}[\]()"']/;

/** Reads one value at `from`; what follows it is left alone. */
export function parseValue(text: string, from = 0): { readonly value: Expression; readonly end: number } {
  const reader = new ValueReader(text, from);
  const value = reader.value();
  return { value, end: reader.at };
}

/** Reads values until the end of the text. */
export function parseValues(text: string): readonly Expression[] {
  const reader = new ValueReader(text, 0);
  const values: Expression[] = [];
  while (!reader.isAtEnd()) values.push(reader.value());
  return values;
}

/** Whether every bracket in `text` is closed again. */
export function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text.replace(/"[^"]*"|'[^']*'/g, '')) {
    if ('{[('.includes(character)) depth++;
    else if ('}])'.includes(character)) depth--;
  }
  return depth <= 0;
}

class ValueReader {
  constructor(
    readonly text: string,
    public at: number,
  ) {}

  isAtEnd(): boolean {
    this.#skip();
    return this.at >= this.text.length;
  }

  value(): Expression {
    this.#skip();
    const character = this.text[this.at];
    if (character === undefined) throw new ScenarioSyntaxError('a value is missing');
    if (character === '{') return this.#object();
    if (character === '[') return this.#array();
    if (character === '"' || character === "'") return this.#quoted(character);
    const word = this.#word();
    if (word === '') throw new ScenarioSyntaxError(`unexpected ${character} in ${this.text}`);
    if (this.text[this.at] === '(') return { kind: 'call', name: word, text: this.#inParentheses() };
    return wordOf(word);
  }

  #skip(): void {
    while (this.at < this.text.length && /[\s,]/.test(this.text[this.at]!)) this.at++;
  }

  #word(): string {
    const from = this.at;
    while (this.at < this.text.length && WORD.test(this.text[this.at]!)) this.at++;
    return this.text.slice(from, this.at);
  }

  /** Single quotes take everything as it stands, double quotes leave `$` and `~` their meaning. */
  #quoted(quote: string): Expression {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) throw new ScenarioSyntaxError(`a quote is not closed in ${this.text}`);
    const text = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return quote === "'" ? { kind: 'literal', value: text } : { kind: 'word', text };
  }

  #object(): Expression {
    this.at++;
    const entries: [string, Expression][] = [];
    for (;;) {
      this.#skip();
      if (this.#closes('}')) return { kind: 'object', entries };
      const key = this.#word();
      this.#skip();
      if (key === '' || this.text[this.at] !== ':') {
        throw new ScenarioSyntaxError(`expected "name:" near ${this.text.slice(this.at, this.at + 30)}`);
      }
      this.at++;
      entries.push([key, this.value()]);
    }
  }

  #array(): Expression {
    this.at++;
    const items: Expression[] = [];
    for (;;) {
      this.#skip();
      if (this.#closes(']')) return { kind: 'array', items };
      items.push(this.value());
    }
  }

  #closes(bracket: string): boolean {
    if (this.at >= this.text.length) throw new ScenarioSyntaxError(`${bracket} is missing`);
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  #inParentheses(): string {
    const from = this.at + 1;
    let depth = 0;
    for (; this.at < this.text.length; this.at++) {
      if (this.text[this.at] === '(') depth++;
      else if (this.text[this.at] === ')' && --depth === 0) return this.text.slice(from, this.at++);
    }
    throw new ScenarioSyntaxError(`) is missing in ${this.text}`);
  }
}

function wordOf(word: string): Expression {
  if (word === 'null') return { kind: 'literal', value: null };
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (NUMBER.test(word)) {
    const number = Number(word);
    const isExact = word.includes('.') || Number.isSafeInteger(number);
    return { kind: 'literal', value: isExact ? number : BigInt(word) };
  }
  return { kind: 'word', text: word };
}
