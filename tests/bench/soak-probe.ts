/**
 * Loaded into the broker under soak before its own code (`--require`, with --expose-gc): answers over the channel to
 * its parent what the process has cost. `reset` begins anew, `settle` collects garbage first.
 */
import { constants, createHistogram, PerformanceObserver, type RecordableHistogram } from 'node:perf_hooks';

export type ProbeRequest = 'reset' | 'settle';

/** Memory as of now, the rest since `reset` without the times of settling. */
export interface ProbeReading {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly gcMs: number;
  readonly loopDelayCount: number;
  /** How late the event loop was for a timer. */
  readonly loopDelayMs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** p99.9 of the CPU time that the process itself used in such a delay: what a machine with nothing else to do would see. */
  readonly ownDelayP999Ms: number;
}

const TICK_MS = 10;
/** Weak references are cleared, files closed and pages given back a little after a collection. */
const REST_MS = 300;

const collect = (globalThis as { gc?: () => void }).gc!;
/** Nanoseconds that a tick came late. */
let late: RecordableHistogram = createHistogram();
/** Nanoseconds of that in which this process ran; its thread pool counts too. */
let own: RecordableHistogram = createHistogram();
let isWatching = true;
let tickAtMs = performance.now();
let tickCpu = process.cpuUsage();
let gcMs = 0;
let elapsedMs = 0;
let cpuMs = 0;
let segmentStartMs = performance.now();
let segmentCpu = process.cpuUsage();

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { duration, detail } = entry as typeof entry & { readonly detail?: { readonly flags?: number } };
    const isForced = ((detail?.flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
    if (!isForced) gcMs += duration;
  }
}).observe({ entryTypes: ['gc'] });

setInterval(() => {
  const nowMs = performance.now();
  const { user, system } = process.cpuUsage(tickCpu);
  if (isWatching) {
    const lateMs = nowMs - tickAtMs - TICK_MS;
    record(late, lateMs);
    record(own, Math.min(lateMs, (user + system) / 1000));
  }
  tickAtMs = nowMs;
  tickCpu = process.cpuUsage();
}, TICK_MS).unref();

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1e6)));
}

function beginSegment(): void {
  isWatching = true;
  tickAtMs = segmentStartMs = performance.now();
  tickCpu = segmentCpu = process.cpuUsage();
}

function endSegment(): void {
  isWatching = false;
  elapsedMs += performance.now() - segmentStartMs;
  const { user, system } = process.cpuUsage(segmentCpu);
  cpuMs += (user + system) / 1000;
}

const rest = (): Promise<void> => new Promise((over) => setTimeout(over, REST_MS));

async function settle(): Promise<ProbeReading> {
  endSegment();
  collect();
  await rest();
  collect();
  await rest();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const lateAtMs = (percent: number): number => (late.count === 0 ? 0 : late.percentile(percent) / 1e6);
  const reading = {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
    elapsedMs,
    cpuMs,
    gcMs,
    loopDelayCount: late.count,
    loopDelayMs: {
      p50: lateAtMs(50),
      p99: lateAtMs(99),
      p999: lateAtMs(99.9),
      max: lateAtMs(100),
    },
    ownDelayP999Ms: own.count === 0 ? 0 : own.percentile(99.9) / 1e6,
  };
  beginSegment();
  return reading;
}

process.on('message', (request: ProbeRequest) => {
  if (request === 'reset') {
    late = createHistogram();
    own = createHistogram();
    [gcMs, elapsedMs, cpuMs] = [0, 0, 0];
    beginSegment();
    return;
  }
  void settle().then((reading) => process.send!(reading));
});
// Listening must not keep the broker alive.
process.channel!.unref();
