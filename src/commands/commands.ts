/** The commands beside `start`, by name. Loaded when one of them is named: a start does not pay for them. */
import type { Argv } from 'yargs';
import { consumeCommand, runConsume } from './consume';
import { groupCommand } from './group';
import { healthCommand, runHealth } from './health';
import { logCommand } from './log';
import { produceCommand, runProduce } from './produce';
import { topicCommand } from './topic';

interface Command {
  declare(command: Argv): Argv;
  /** null: its own commands do the work. */
  readonly run: ((argv: never) => Promise<void>) | null;
}

const commands: Readonly<Record<string, Command>> = {
  topic: { declare: topicCommand, run: null },
  group: { declare: groupCommand, run: null },
  produce: { declare: produceCommand, run: runProduce },
  consume: { declare: consumeCommand, run: runConsume },
  health: { declare: healthCommand, run: runHealth },
  log: { declare: logCommand, run: null },
};

export function declareCommand(name: string, command: Argv): Argv {
  return commands[name]!.declare(command);
}

/** @param argv  As `declareCommand` declared it. */
export async function runCommand(name: string, argv: unknown): Promise<void> {
  await commands[name]!.run?.(argv as never);
}
