#!/usr/bin/env node
/** The command line. Both sides of it are loaded when they are named: neither pays for the other. */
import yargs, { type Argv } from 'yargs';
import { version } from './version';

/** What talks to a broker; how each is used is in commands/. */
const clientCommands: readonly (readonly [name: string, describe: string])[] = [
  ['topic', 'List, describe, create, delete, alter and trim topics'],
  ['group', 'List, describe, delete groups and set their offsets'],
  ['produce <topic>', 'Write lines from standard input to a topic'],
  ['consume <topic...>', 'Print records of topics'],
  ['health', 'Exit with 0 if a broker serves, else with 1'],
  ['log', 'Print or verify the data directory of a stopped broker'],
];

const clientSide = (): Promise<typeof import('./commands/commands')> => import('./commands/commands');
const brokerSide = (): Promise<typeof import('./start')> => import('./start');

const commandLine = yargs(process.argv.slice(2))
  .scriptName('pyralog')
  .version(version)
  .command(
    'start [config]',
    'Start a broker',
    (command) =>
      command
        .positional('config', { type: 'string', describe: "A properties file in Kafka's format" })
        .option('override', {
          type: 'string',
          array: true,
          nargs: 1,
          describe: 'key=value, wins over the file; may be repeated',
        })
        .option('port', {
          type: 'number',
          describe: 'Port for clients; 0 takes a free one',
          defaultDescription: '9092',
        })
        .option('data-dir', {
          type: 'string',
          describe: 'Directory of the data (log.dirs)',
          defaultDescription: './data',
        })
        .option('admin-port', {
          type: 'number',
          describe: 'Port for /livez, /readyz, /metrics and /version; 0 takes a free one',
          defaultDescription: '9644 without a properties file, none with one',
        }),
    async ({ config, override, port, dataDir, adminPort }) =>
      (await brokerSide()).start({ config, override: override ?? [], port, dataDir, adminPort }),
  );
for (const [name, describe] of clientCommands) {
  commandLine.command(
    name,
    describe,
    async (command) => (await clientSide()).declareCommand(name.split(' ')[0]!, command as Argv),
    async (argv) => (await clientSide()).runCommand(name.split(' ')[0]!, argv),
  );
}
void commandLine
  .demandCommand(1, 'Name a command, for instance: pyralog start')
  .strict()
  .showHelpOnFail(false, 'With --help it says what there is.')
  .parseAsync();
