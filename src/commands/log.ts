/** `pyralog log …`: looks at a data directory without a broker, and changes nothing in it. */
import type { Argv } from 'yargs';
import { withDirectory } from '../inspect/directory';
import { type DumpOptions, dump } from '../inspect/dump';
import { type ReportedLog, reportLines, verifyReport } from '../inspect/verify';
import { ArgumentError, endQuietlyOnClosedPipe, errorText, jsonText, tableText, write } from './output';

/** Of the process: the directory is whole, is damaged, or cannot be read. */
const ExitCode = { whole: 0, damaged: 1, unreadable: 2 } as const;

interface DirectoryArguments {
  readonly dir: string;
  readonly json: boolean;
}

interface DumpArguments extends DirectoryArguments {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly entries: boolean;
  readonly batches: boolean;
  readonly records: boolean;
}

const inDirectory = <T>(command: Argv<T>) =>
  command
    .positional('dir', { type: 'string', demandOption: true, describe: 'Data directory of a stopped broker' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' });

export function logCommand(command: Argv): Argv {
  return command
    .usage('$0 log <what>')
    .command(
      'verify <dir>',
      'Read everything and report damage; exits with 0 if whole, 1 if damaged, 2 if it cannot be read',
      (own) => inDirectory(own),
      (argv) => looking(() => verify(argv)),
    )
    .command(
      'dump <dir>',
      'Print what logs hold, one line each',
      (own) =>
        inDirectory(own)
          .option('topic', { alias: 't', type: 'string', describe: 'Only this topic, by name or id' })
          .option('partition', { alias: 'p', type: 'number', describe: 'Only this partition' })
          .option('offset', { alias: 'o', type: 'number', describe: 'From this offset on' })
          .option('entries', {
            type: 'boolean',
            default: false,
            describe: 'Entries of the log (the default)',
          })
          .option('batches', { type: 'boolean', default: false, describe: 'Record batches' })
          .option('records', { type: 'boolean', default: false, describe: 'Records, internal ones decoded' }),
      (argv) => looking(() => runDump(argv)),
    )
    .demandCommand(1, 'Name what to do: verify or dump') as Argv;
}

/** A closed pipe ends the process: the lock must not stay behind. */
const releaseAtExit = (release: () => void): void => void process.once('exit', release);

async function looking(look: () => Promise<number>): Promise<void> {
  endQuietlyOnClosedPipe();
  try {
    process.exitCode = await look();
  } catch (error) {
    process.stderr.write(errorText(error));
    process.exitCode = ExitCode.unreadable;
  }
}

const columns = 'TOPIC|TOPIC ID|PARTITION|SEGMENTS|ENTRIES|START|END|BYTES|STATE'.split('|');

const row = (log: ReportedLog) => [
  log.topic,
  log.topicId,
  log.partition,
  log.segments,
  log.entries,
  log.startOffset,
  log.endOffset,
  log.sizeBytes,
  log.isDamaged ? 'damaged' : 'ok',
];

async function verify({ dir, json }: DirectoryArguments): Promise<number> {
  const report = await withDirectory(dir, verifyReport, releaseAtExit);
  if (json) await write(jsonText(report));
  else {
    const { before, after } = reportLines(report);
    const table = report.logs.length === 0 ? '' : `\n${tableText(columns, report.logs.map(row))}\n`;
    await write(`${before.join('\n')}\n${table}${after.join('\n')}\n`);
  }
  return report.isWhole ? ExitCode.whole : ExitCode.damaged;
}

async function runDump(argv: DumpArguments): Promise<number> {
  const { dir, json, topic } = argv;
  const units = (['entries', 'batches', 'records'] as const).filter((unit) => argv[unit]);
  if (units.length > 1) throw new ArgumentError(`--${units.join(', --')}: only one of them`);
  const options: DumpOptions = {
    unit: units[0] ?? 'entries',
    isJson: json,
    topic: topic ?? null,
    partition: wholeNumber('--partition', argv.partition),
    offset: wholeNumber('--offset', argv.offset),
  };
  const isWhole = await withDirectory(dir, (opened) => dump(opened, options, write), releaseAtExit);
  return isWhole ? ExitCode.whole : ExitCode.damaged;
}

function wholeNumber(option: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ArgumentError(`${option} ${value}: expected a whole number`);
}
