/** Which of the oracle's lines stand in `testdata`: every version of every message once, odd cases of a few. */
import { apis, groupRecords, shareStateRecords, transactionRecords } from '../../../protocol';
import { metadataRecords } from '../../../protocol/records/metadata';
import { parseLine, rawLines, wireFile } from './oracle';

const ODD_CASES = ['nulls', 'unknown-tags', 'int64-extremes', 'unicode'];
/** Keys whose newest version comes with its odd cases: together they have every type and form. */
const ODD_KEYS = [1, 2, 75];
const HEADER_KEYS = [0, 17, 18, 60];
const REFUSED_KEYS = [0, 3, 8, 11, 18, 24, 29, 68, 75, 78];
const COORDINATOR_NAMES = [groupRecords, transactionRecords, shareStateRecords].flatMap((records) =>
  Object.values(records).flatMap(({ key, value }): string[] => [key.name, value.name]),
);
const SUBSCRIPTION_NAMES = ['ConsumerProtocolSubscription', 'ConsumerProtocolAssignment'];
const RECORD_NAMES = [...Object.keys(metadataRecords), 'EndTxnMarker', 'ControlRecordTypeSchema'];

function shortest(lines: readonly string[]): string | undefined {
  return [...lines].sort((a, b) => a.length - b.length)[0];
}

/** The shortest populated case of each version, and odd cases of the last. */
function choose(lines: readonly string[], oddCases: readonly string[]): string[] {
  const parsed = lines.map((text) => ({ text, line: parseLine(text) }));
  const versions = [...new Set(parsed.map(({ line }) => line.version))];
  const last = Math.max(...versions);
  return versions.flatMap((version) => {
    const mine = parsed.filter(({ line }) => line.version === version);
    const populated = mine.filter(
      ({ line }) => line.case.startsWith('populated') || line.case === 'defaults',
    );
    const odd = version === last ? mine.filter(({ line }) => oddCases.includes(line.case)) : [];
    const rich = populated.filter(({ line }) => line.case !== 'defaults');
    const one = shortest((rich.length > 0 ? rich : populated).map(({ text }) => text));
    return [...(one === undefined ? [] : [one]), ...odd.map(({ text }) => text)];
  });
}

/** `api` and `direction` added, so that one file holds all messages. */
function wire(): string[] {
  return apis.flatMap(({ key, name }) =>
    (['request', 'response'] as const).flatMap((direction) =>
      choose(rawLines('oracle', wireFile(key, direction, name)), ODD_KEYS.includes(key) ? ODD_CASES : []).map(
        (text) => text.replace('{', `{"key":${key},"direction":"${direction}",`),
      ),
    ),
  );
}

const keys = new Set(apis.map(({ key }) => key));

function ofOurKeys(file: string): { text: string; line: ReturnType<typeof parseLine> }[] {
  return rawLines('oracle', file)
    .map((text) => ({ text, line: parseLine(text) }))
    .filter(({ line }) => keys.has(line.key));
}

function headers(): string[] {
  const lines = ofOurKeys('headers.jsonl').filter(({ line }) => HEADER_KEYS.includes(line.key));
  return lines
    .filter(({ line }) => {
      const all = lines.filter(
        (other) => other.line.key === line.key && other.line.headerVersion === line.headerVersion,
      );
      return line.version === all[0]?.line.version;
    })
    .map(({ text }) => text);
}

/** Lines of a file that names its messages. */
function ofMessages(file: string, names: readonly string[]): string[] {
  const lines = rawLines('oracle', file);
  return names.flatMap((name) =>
    choose(
      lines.filter((text) => parseLine(text).message === name),
      ['nulls'],
    ),
  );
}

/** File name and lines of the whole sample. Needs the oracle. */
export function sampleOfOracle(): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['wire.jsonl', wire()],
    ['headers.jsonl', headers()],
    ['frames.jsonl', ofOurKeys('frames.jsonl').map(({ text }) => text)],
    [
      'refusals.jsonl',
      ofOurKeys('refusals.jsonl')
        .filter(({ line }) => REFUSED_KEYS.includes(line.key))
        .map(({ text }) => text),
    ],
    ['other-messages.jsonl', ofMessages('other-messages.jsonl', RECORD_NAMES)],
    ['group-records.jsonl', ofMessages('group-records.jsonl', COORDINATOR_NAMES)],
    ['consumer-protocol.jsonl', ofMessages('consumer-protocol.jsonl', SUBSCRIPTION_NAMES)],
    [
      'coordinator-partition.jsonl',
      rawLines('oracle', 'coordinator-partition.jsonl').filter((text) => text.length < 200),
    ],
  ]);
}
