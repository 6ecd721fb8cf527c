/** What a soak came to, as a table with verdicts. */
import { figure } from './report-rows';
import { fitLine } from './soak-fit';
import type { ProbeReading } from './soak-probe';

export interface Sample extends ProbeReading {
  /** Acknowledged so far. */
  readonly records: number;
}

export interface SoakResult {
  readonly minutes: number;
  readonly records: number;
  /** At rest, the first one at the end of the warm-up. */
  readonly samples: readonly Sample[];
  readonly violations: readonly string[];
  /** Read once more after the kill at the end. */
  readonly recheckedRecords: number;
  readonly topics: number;
  readonly groups: number;
  readonly commits: number;
  readonly configs: number;
  readonly trims: number;
  readonly members: { readonly rebalances: number; readonly commits: number; readonly departures: number };
}

const RECORDS_PER_SLOPE = 10_000_000;
const SLOPE_MB_MAX = 1;
const LOOP_DELAY_MS_MAX = 30;
/** Fewer say nothing about one in a thousand. */
const LOOP_DELAY_COUNT_MIN = 10_000;

interface Row {
  readonly what: string;
  readonly value: string;
  readonly bound: string;
  /** null: there is no bound, or the run was too short to judge. */
  readonly isMet: boolean | null;
}

const plain = (what: string, value: string): Row => ({ what, value, bound: '', isMet: null });

export function renderSoak(result: SoakResult): { readonly text: string; readonly isMet: boolean } {
  const rows = [...loadRows(result), ...costRows(result.samples), promiseRow(result)];
  const lines = rows.map(({ what, value, bound, isMet }) => {
    const verdict = isMet !== null ? (isMet ? 'met' : 'missed') : bound === '' ? '' : 'too short to judge';
    return `| ${what} | ${value} | ${bound} | ${verdict} |`;
  });
  return {
    text: ['| what | figure | bound | |', '| --- | --- | --- | --- |', ...lines].join('\n'),
    isMet: rows.every(({ isMet }) => isMet !== false),
  };
}

function loadRows(result: SoakResult): readonly Row[] {
  const { minutes, records, members, topics, groups, commits, configs, trims } = result;
  return [
    plain(
      `records written and read in ${figure(minutes)} minutes, a second`,
      `${figure(records)}, ${figure(records / minutes / 60)}`,
    ),
    plain(
      'members that left, assignments, commits of the group',
      `${figure(members.departures)}, ${figure(members.rebalances)}, ${figure(members.commits)}`,
    ),
    plain(
      'topics and groups made and deleted, other commits',
      `${figure(topics)}, ${figure(groups)}, ${figure(commits)}`,
    ),
    plain('config changes, trims', `${figure(configs)}, ${figure(trims)}`),
  ];
}

function costRows(samples: readonly Sample[]): readonly Row[] {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 3) return [];
  const slope = (value: (sample: Sample) => number): string => {
    const { slope: mb, standardError } = slopeMb(samples, value);
    return `${mb.toFixed(2)} ± ${standardError.toFixed(2)} MB`;
  };
  const isLong = last.records - first.records >= RECORDS_PER_SLOPE;
  const { p50, p99, p999, max } = last.loopDelayMs;
  const share = (partMs: number): string => `${figure((100 * partMs) / last.elapsedMs)} %`;
  return [
    plain(
      'RSS at rest, first and last',
      `${figure(first.rssBytes / 1e6)} MB, ${figure(last.rssBytes / 1e6)} MB`,
    ),
    {
      what: 'RSS, slope per 10 M records',
      value: slope(({ rssBytes }) => rssBytes),
      bound: `≤ ${SLOPE_MB_MAX} MB`,
      isMet: isLong ? slopeMb(samples, ({ rssBytes }) => rssBytes).slope <= SLOPE_MB_MAX : null,
    },
    plain(
      'of that heap, memory outside it',
      `${slope(({ heapUsedBytes }) => heapUsedBytes)}, ${slope(({ externalBytes }) => externalBytes)}`,
    ),
    {
      what: 'delay of the event loop, p99.9',
      value: `${figure(p999)} ms`,
      bound: `≤ ${LOOP_DELAY_MS_MAX} ms`,
      isMet: last.loopDelayCount >= LOOP_DELAY_COUNT_MIN ? p999 <= LOOP_DELAY_MS_MAX : null,
    },
    plain("of that the broker's own CPU time at most, p99.9", `${figure(last.ownDelayP999Ms)} ms`),
    plain(
      'delay of the event loop, p50, p99, longest',
      `${figure(p50)} ms, ${figure(p99)} ms, ${figure(max)} ms`,
    ),
    plain('share of garbage collection, of a core', `${share(last.gcMs)}, ${share(last.cpuMs)}`),
  ];
}

function slopeMb(samples: readonly Sample[], value: (sample: Sample) => number) {
  return fitLine(samples.map((sample) => [sample.records / RECORDS_PER_SLOPE, value(sample) / 1e6]));
}

function promiseRow({ violations, recheckedRecords }: SoakResult): Row {
  return {
    what: `promises broken; records read again after \`kill -9\``,
    value: `${violations.length}; ${figure(recheckedRecords)}`,
    bound: '0',
    isMet: violations.length === 0,
  };
}
