/**
 * Preloaded into a gateway's process (`node --import`): tells the benchmark, when asked, what only the process itself
 * knows. It runs on the main thread, which serves; it changes nothing else of the gateway.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

export interface ProbeReading {
  /** Of the main thread, after a garbage collection, bytes. */
  readonly heapBytes: number;
  /** Buffers outside of that heap which this thread holds, shared ones included, bytes. */
  readonly bufferBytes: number;
  /** Longest delay of the main thread's event loop since the last reading, milliseconds. */
  readonly eventLoopDelayMs: number;
}

/** A sample is the time between two timers: what it has beyond this is delay. */
const RESOLUTION_MS = 2;

if (isMainThread && process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on('message', (message) => {
    if (message !== 'read') return;
    // Read before the collection, which is not the gateway's doing.
    const eventLoopDelayMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS);
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const reading: ProbeReading = { heapBytes: heapUsed, bufferBytes: arrayBuffers, eventLoopDelayMs };
    process.send!(reading, () => delay.reset());
  });
  // A benchmark that is gone takes its gateway with it.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // A gateway that has stopped ends, whoever may still want to ask it.
  process.channel?.unref();
}
