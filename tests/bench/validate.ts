/**
 * What checking a produced batch costs on one core: `node tests/support/run.cjs tests/bench/validate.ts`.
 * Batches are 16 KiB of plain records (the default of producers), then one of a megabyte.
 */
import { CompressionCode } from '../../storage/batch';
import { buildBatch } from '../../storage/record-build';
import type { ValidateConfig } from '../../storage/validate';
import { validateBatch } from '../../storage/validate';

const NOW_MS = 1_700_000_000_000;
const RUN_MS = 700;

const config: ValidateConfig = {
  partitionName: 'bench-0',
  messageSizeBytesMax: 4 * 1024 * 1024,
  segmentSizeBytesMax: 2 ** 30,
  decompressedSizeBytesMax: 2 ** 31,
  isCompacted: false,
  timestampType: 'CreateTime',
  timestampBeforeMsMax: 2 ** 63,
  timestampAfterMsMax: 3_600_000,
  compression: 'producer',
  compressionLevel: null,
};

function batchOf(recordCount: number, valueSizeBytes: number, compression: CompressionCode): Buffer {
  const words = 'the quick brown fox jumps over the lazy dog 0123456789 ';
  const records = Array.from({ length: recordCount }, (_, at) => ({
    timestamp: NOW_MS + at,
    key: Buffer.from(`key-${at % 1000}`),
    value: Buffer.from(`${at}${words.repeat(1 + valueSizeBytes / words.length)}`.slice(0, valueSizeBytes)),
  }));
  return buildBatch({ records, compression, producerId: 1, producerEpoch: 0, baseSequence: 0 });
}

function measure(
  name: string,
  batch: Buffer,
  recordCount: number,
  change: Partial<ValidateConfig> = {},
): void {
  const settings = { ...config, ...change };
  const run = (durationMs: number): [number, number] => {
    const start = performance.now();
    const cpu = process.cpuUsage();
    let rounds = 0;
    for (; performance.now() - start < durationMs; rounds++) {
      if (validateBatch(batch, settings, NOW_MS, 13).errorCode !== 0) throw new Error('refused');
    }
    // CPU time, so that a busy machine does not change the figure.
    const { user, system } = process.cpuUsage(cpu);
    return [rounds, (user + system) / 1000];
  };
  run(RUN_MS / 3);
  const [rounds, elapsedMs] = run(RUN_MS);
  const recordsPerSecond = (rounds * recordCount * 1000) / elapsedMs;
  const microseconds = (elapsedMs * 1000) / rounds;
  process.stdout.write(
    `${name.padEnd(34)} ${batch.length.toString().padStart(8)} bytes ${recordCount.toString().padStart(6)} records ` +
      `${microseconds.toFixed(1).padStart(8)} us/batch ${(recordsPerSecond / 1e6).toFixed(2).padStart(6)} M records/s\n`,
  );
}

for (const name of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  const code = CompressionCode[name];
  measure(`1 record of 100 bytes, ${name}`, batchOf(1, 100, code), 1);
  measure(`16 KiB of 100-byte records, ${name}`, batchOf(150, 100, code), 150);
  measure(`1 MiB of 100-byte records, ${name}`, batchOf(9000, 100, code), 9000);
}
measure('16 KiB, none to lz4', batchOf(150, 100, CompressionCode.none), 150, { compression: 'lz4' });
measure('16 KiB, none to zstd', batchOf(150, 100, CompressionCode.none), 150, { compression: 'zstd' });
