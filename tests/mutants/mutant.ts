/** A planted bug: one rule broken in one place. */
export interface Mutant {
  /** What the broken program does. */
  readonly name: string;
  /** Trap of docs or rule that forbids it. */
  readonly rule: string;
  /** File from the root of the project. */
  readonly file: string;
  /** Text that stands in it exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Program that has to find it, from the root of the project. */
  readonly simulation: string;
}
