/**
 * The one shape of every state machine kept in a log (house.md 6; Kafka's CoordinatorShard is the model): an operation
 * reads state and returns records and a response; the records are replayed into the state at once, appended to the
 * partition, and the response is released when they are committed.
 */

/** One record of an internal topic. A null value is a tombstone. */
export interface MachineRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface Outcome<Response> {
  /** Appended as one batch; empty for a read, whose response then waits for what was last written when it ran. */
  readonly records: readonly MachineRecord[];
  readonly response: Response;
  /**
   * Called in place of the replay, once the records are proposed: for a machine that knows them decoded, or that the
   * operation has brought there already. It must end in the state that a replay would reach, in all that outlives the
   * leadership.
   */
  readonly apply?: ((baseOffset: number) => void) | undefined;
}

export interface Machine {
  /**
   * Applies one record, in log order. `offset` is the record's offset in the log. Must not fail on what operate wrote.
   * The record's memory is lent for the call.
   */
  replay(record: MachineRecord, offset: number): void;
  /** Called after the last record of each batch, with the offset after it: the state is whole again. */
  endBatch?(endOffset: number): void;
  /**
   * Everything below `endOffset` is committed and replayed. Called before the responses that it releases; while
   * loading, only when all that is known to be committed has been replayed.
   */
  committed?(endOffset: number): void;
  /** Back to the state of an empty log: leadership was lost, everything is replayed again. */
  reset(): void;
  /** True: its state holds more than its records say (who waits, timers), so that it is reset when leadership ends. */
  readonly isMoreThanItsLog?: boolean;
}

/** Why an operation got no response. Error codes are Kafka's numbers. */
export interface Refusal {
  readonly errorCode: number;
  readonly message: string;
}

export type OperationResult<Response> =
  | { readonly refused: null; readonly response: Response }
  | { readonly refused: Refusal; readonly response: null };

export interface Runtime<M extends Machine> {
  /** The machine as of the last appended record; read it only inside operations and for answers that may be stale. */
  readonly machine: M;
  /** True when everything in the log has been replayed and this node leads. */
  readonly isReady: boolean;
  /** Runs in order of calls; `done` once, when the records are committed, or with a refusal (not leader, disk). */
  operate<Response>(
    operation: (machine: M, nowMs: number) => Outcome<Response>,
    done: (result: OperationResult<Response>) => void,
  ): void;
}
