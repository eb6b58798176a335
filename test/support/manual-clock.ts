/**
 * A clock that stands still until a test moves it.
 *
 * `advance` wakes sleepers in the order of their due times, each at its own instant, and lets what they
 * started run on before the next one wakes; so a chain of waits inside the stretch is walked as in real
 * time. With `autoAdvance` every sleep moves the clock by itself, for code whose waits do not matter.
 */

import type { Clock } from '../../src/core/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time forward, and resolves when everything that became due has run. */
  advance(durationMs: number): Promise<void>;
  /** Number of sleeps that have neither been reached nor aborted. */
  readonly pendingCount: number;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export function createManualClock(
  startMs = 0,
  options: { readonly autoAdvance?: boolean } = {},
): ManualClock {
  const sleepers = new Set<Sleeper>();
  let nowMs = startMs;

  return {
    now: () => nowMs,
    sleep(durationMs, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const dueMs = nowMs + Math.max(0, durationMs);
      if (options.autoAdvance) {
        nowMs = dueMs;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const abandon = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          dueMs,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', abandon);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', abandon, { once: true });
      });
    },
    async advance(durationMs) {
      const untilMs = nowMs + durationMs;
      await settle();
      for (
        let next = findNextDue(sleepers, untilMs);
        next !== undefined;
        next = findNextDue(sleepers, untilMs)
      ) {
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
        await settle();
      }
      nowMs = untilMs;
    },
    get pendingCount() {
      return sleepers.size;
    },
  };
}

/** Lets every promise that can run do so: a turn of the event loop, not a wait. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function findNextDue(sleepers: ReadonlySet<Sleeper>, untilMs: number): Sleeper | undefined {
  let next: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (sleeper.dueMs <= untilMs && (next === undefined || sleeper.dueMs < next.dueMs)) next = sleeper;
  }
  return next;
}
