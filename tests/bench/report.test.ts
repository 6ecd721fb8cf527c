import { figure, pairRows, pairTableRow, renderTable } from './report-rows';

test('figures become rows of the table', () => {
  const row = pairRows.find(({ command }) => command[0] === 'raw-produce')!;
  const figures = {
    mb_s: { median_a: 171.04, median_b: 300.1, median_ratio: 1.7545 },
    broker_cpu_s_per_gb: { median_a: 8.13, median_b: 1.42, median_ratio: 0.17 },
  };
  const slow = { ...figures, mb_s: { median_a: 171.04, median_b: 200, median_ratio: 1.17 } };
  expect(renderTable([pairTableRow(row, figures), pairTableRow(row, slow)])).toBe(
    [
      '| what | Pyralog | Kafka 4.3.1 | ratio | target | |',
      '| --- | --- | --- | --: | --- | --- |',
      '| produce, 4 partitions, 256 KiB batches, acks=all, 5 requests in flight | 300 MB/s, 1.42 CPU s/GB | 171 MB/s, 8.13 CPU s/GB | 1.75 × | ≥ 1.5 × | met |',
      '| produce, 4 partitions, 256 KiB batches, acks=all, 5 requests in flight | 200 MB/s, 1.42 CPU s/GB | 171 MB/s, 8.13 CPU s/GB | 1.17 × | ≥ 1.5 × | missed |',
    ].join('\n'),
  );
});

test('three digits, thousands apart', () => {
  expect([0.0341, 1.006, 29.44, 16_900, 51_234].map(figure)).toEqual([
    '0.034',
    '1.01',
    '29.4',
    '16,900',
    '51,200',
  ]);
});
