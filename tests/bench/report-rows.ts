/** The rows of the table of figures, as data, and its text. */

/** Kafka's figure, ours, and ours / Kafka's: medians over rounds in which the two took turns. */
export interface Compared {
  readonly median_a: number;
  readonly median_b: number;
  readonly median_ratio: number | null;
}

export interface PairRow {
  readonly what: string;
  /** Command of the bench and its flags. */
  readonly command: readonly string[];
  /** Figure of the command and its unit. */
  readonly figure: string;
  readonly unit: string;
  readonly target: string;
  /** Whether the ratio keeps the target. */
  readonly isMet: (ratio: number) => boolean;
  /** The rival: Kafka as it comes, which never syncs, or Kafka told to sync every message. */
  readonly rival: 'default' | 'flushing';
}

export const atLeast = (limit: number) => (ratio: number) => ratio >= limit;
export const atMost = (limit: number) => (ratio: number) => ratio <= limit;

export const pairRows: readonly PairRow[] = [
  {
    what: 'produce, 4 partitions, 256 KiB batches, acks=all, 5 requests in flight',
    command: ['raw-produce', '--partitions', '4', '--batch-bytes', '256K'],
    figure: 'mb_s',
    unit: 'MB/s',
    target: '≥ 1.5 ×',
    isMet: atLeast(1.5),
    rival: 'default',
  },
  {
    what: 'produce, 100 partitions, 4 KiB batches, acks=all, 5 requests in flight',
    command: ['raw-produce', '--partitions', '100', '--batch-bytes', '4K'],
    figure: 'requests_s',
    unit: 'requests/s',
    target: '≥ 2 ×',
    isMet: atLeast(2),
    rival: 'default',
  },
  {
    what: 'the same, 4 connections with 50 requests in flight each',
    command: [
      'raw-produce',
      '--partitions',
      '100',
      '--batch-bytes',
      '4K',
      '--conns',
      '4',
      '--inflight',
      '50',
    ],
    figure: 'requests_s',
    unit: 'requests/s',
    target: '≥ 2 ×',
    isMet: atLeast(2),
    rival: 'default',
  },
  {
    what: 'one record a request, 16 connections',
    command: ['small', '--conns', '16'],
    figure: 'requests_s',
    unit: 'requests/s',
    target: '≥ 0.3 ×',
    isMet: atLeast(0.3),
    rival: 'default',
  },
  {
    what: 'the same, against Kafka that syncs too',
    command: ['small', '--conns', '16'],
    figure: 'requests_s',
    unit: 'requests/s',
    target: '≥ 3 ×',
    isMet: atLeast(3),
    rival: 'flushing',
  },
  {
    what: 'fetch 1 GB, 256 KiB batches',
    command: ['raw-fetch', '--fill', '1G', '--batch-bytes', '256K', '--passes', '3'],
    figure: 'mb_s',
    unit: 'MB/s',
    target: '≥ 1 ×',
    isMet: atLeast(1),
    rival: 'default',
  },
  {
    what: 'fetch 1 GB, 4 KiB batches',
    command: ['raw-fetch', '--fill', '1G', '--batch-bytes', '4K', '--passes', '3'],
    figure: 'mb_s',
    unit: 'MB/s',
    target: '≥ 1 ×',
    isMet: atLeast(1),
    rival: 'default',
  },
  {
    what: 'acknowledgement p99 at 1,000 records/s',
    command: ['latency', '--rate', '1000'],
    figure: 'ack_p99_ms',
    unit: 'ms',
    target: '≤ 0.8 ×',
    isMet: atMost(0.8),
    rival: 'default',
  },
];

export interface TableRow {
  readonly what: string;
  readonly ours: string;
  readonly kafka: string;
  readonly ratio: string;
  readonly target: string;
  readonly isMet: boolean | null;
}

export function pairTableRow(
  row: Omit<PairRow, 'command' | 'rival'>,
  figures: Readonly<Record<string, unknown>>,
): TableRow {
  const { median_a: kafka, median_b: ours, median_ratio: ratio } = figures[row.figure] as Compared;
  const cpu = figures.broker_cpu_s_per_gb as Compared | undefined;
  const withCpu = (value: number, perGb: number | undefined): string =>
    `${figure(value)} ${row.unit}${perGb === undefined ? '' : `, ${figure(perGb)} CPU s/GB`}`;
  return {
    what: row.what,
    ours: withCpu(ours, cpu?.median_b),
    kafka: withCpu(kafka, cpu?.median_a),
    ratio: ratio === null ? '–' : `${ratio.toFixed(2)} ×`,
    target: row.target,
    isMet: ratio === null ? null : row.isMet(ratio),
  };
}

/** Three significant digits, thousands apart. */
export function figure(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

export function renderTable(rows: readonly TableRow[]): string {
  return [
    '| what | Pyralog | Kafka 4.3.1 | ratio | target | |',
    '| --- | --- | --- | --: | --- | --- |',
    ...rows.map((row) => {
      const verdict = row.isMet === null ? '' : row.isMet ? 'met' : 'missed';
      return `| ${[row.what, row.ours, row.kafka, row.ratio, row.target, verdict].join(' | ')} |`;
    }),
  ].join('\n');
}
