/** The process as Node sees it, under the names that dashboards for Node know (those of prom-client). */
import {
  constants,
  type IntervalHistogram,
  monitorEventLoopDelay,
  PerformanceObserver,
} from 'node:perf_hooks';
import { type Family, single } from './exposition';

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** A delay is noticed within this much; finer costs wake-ups of an idle process. */
const DELAY_RESOLUTION_MS = 20;

/**
 * Watches the event loop and the garbage collector. Watching costs a timer, so it begins with the first scrape: what was
 * before is not counted. `stop` ends it.
 */
export class ProcessWatch {
  #delay: IntervalHistogram | null = null;
  readonly #gc = new Map<string, { count: number; seconds: number }>();
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as typeof entry & { readonly detail?: { readonly kind?: number } };
      const kind = gcKinds[detail?.kind ?? -1] ?? 'other';
      const sum = this.#gc.get(kind) ?? { count: 0, seconds: 0 };
      this.#gc.set(kind, { count: sum.count + 1, seconds: sum.seconds + duration / 1000 });
    }
  });

  /** Families of now. The delay of the event loop is that since the last call. */
  *families(): Generator<Family> {
    if (this.#delay === null) {
      this.#delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
      this.#delay.enable();
      this.#observer.observe({ entryTypes: ['gc'] });
    }
    yield* memoryAndCpu();
    yield* loopFamilies(this.#delay);
    yield {
      name: 'nodejs_gc_duration_seconds_sum',
      help: 'Time in garbage collection, by kind',
      type: 'counter',
      samples: [...this.#gc].map(([kind, { seconds }]) => ({ labels: { kind }, value: seconds })),
    };
    yield {
      name: 'nodejs_gc_duration_seconds_count',
      help: 'Garbage collections, by kind',
      type: 'counter',
      samples: [...this.#gc].map(([kind, { count }]) => ({ labels: { kind }, value: count })),
    };
  }

  stop(): void {
    this.#delay?.disable();
    this.#delay = null;
    this.#observer.disconnect();
  }
}

/** Since the last call. */
function* loopFamilies(delay: IntervalHistogram): Generator<Family> {
  const hasSeen = delay.max > 0;
  // The histogram measures the distance of two ticks; what is late is what lies beyond the distance asked for.
  const late = (nanoseconds: number): number =>
    hasSeen ? Math.max(0, nanoseconds / 1e9 - DELAY_RESOLUTION_MS / 1000) : 0;
  const name = 'nodejs_eventloop_lag_';
  const help = 'Delay of the event loop since the last scrape';
  yield single(`${name}mean_seconds`, 'gauge', `${help}: mean`, late(delay.mean));
  yield single(`${name}max_seconds`, 'gauge', `${help}: longest`, late(delay.max));
  for (const percent of [50, 90, 99]) {
    const value = late(delay.percentile(percent));
    yield single(`${name}p${percent}_seconds`, 'gauge', `${help}: ${percent} %`, value);
  }
  delay.reset();
}

function* memoryAndCpu(): Generator<Family> {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  yield single('process_resident_memory_bytes', 'gauge', 'Resident memory', rss);
  yield single(
    'process_cpu_seconds_total',
    'counter',
    'CPU time, user and system together',
    (user + system) / 1e6,
  );
  yield single('process_cpu_user_seconds_total', 'counter', 'CPU time in user mode', user / 1e6);
  yield single('process_cpu_system_seconds_total', 'counter', 'CPU time in system mode', system / 1e6);
  yield single('nodejs_heap_size_total_bytes', 'gauge', 'Heap of JavaScript', heapTotal);
  yield single('nodejs_heap_size_used_bytes', 'gauge', 'Heap of JavaScript in use', heapUsed);
  yield single('nodejs_external_memory_bytes', 'gauge', 'Memory outside the heap', external);
  yield single('nodejs_array_buffers_bytes', 'gauge', 'Of that, buffers', arrayBuffers);
  yield {
    name: 'nodejs_version_info',
    help: 'Version of Node',
    type: 'gauge',
    samples: [{ labels: { version: process.version }, value: 1 }],
  };
}
