/**
 * Time that passes only when a test lets it, and then as fast as the machine can: it stands still while anybody is at
 * work, and jumps to the next sleeper once nobody is. `Date` follows it, since libraries read the time for themselves.
 *
 * Who works says so with `hold`; what waits by the clock needs to say nothing. One at a time in a process, because there
 * is one `Date`. What the machine itself measures (timers of libraries) goes on in real time.
 */

import { mock } from 'node:test';
import type { Clock } from '../../src/core/clock.ts';

export interface SimulatedTime extends Disposable {
  readonly clock: Clock;
  /**
   * Makes time stand still until it is released.
   *
   * @returns releases it; further calls do nothing
   */
  hold(): () => void;
  /**
   * The opposite: somebody who works waits for somebody who waits by the clock.
   *
   * @returns ends that; further calls do nothing
   */
  lend(): () => void;
  /** Time goes by at once, without waking anybody in between: what took so long was no wait by the clock. */
  elapse(durationMs: number): void;
  /** Lets time pass until the promise is settled. Throws after a week of it. */
  until<Result>(promise: Promise<Result>): Promise<Result>;
  /** Lets so much time pass. Who is to wake on the way does so at its own instant, and does its work before the next. */
  pass(durationMs: number): Promise<void>;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop without work after which nobody is believed to be about to begin some. */
const QUIET_TURNS = 4;

/** Nothing that a gateway waits for takes longer; what does waits for ever, and would do so at full speed. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

/** Takes over `Date` until it is disposed. */
export function createSimulatedTime(startMs: number): SimulatedTime {
  const sleepers = new Set<Sleeper>();
  let nowMs = startMs;
  let heldBy = 0;
  let changed = Promise.withResolvers<void>();
  mock.timers.enable({ apis: ['Date'], now: startMs });

  function moveTo(atMs: number): void {
    if (atMs <= nowMs) return;
    nowMs = atMs;
    mock.timers.setTime(nowMs);
  }

  function tellChange(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function count(change: 1 | -1): () => void {
    let isOver = false;
    heldBy += change;
    tellChange();
    return () => {
      if (isOver) return;
      isOver = true;
      heldBy -= change;
      tellChange();
    };
  }

  /** Resolves when nobody is at work. */
  async function quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (heldBy <= 0) continue;
      await changed.promise;
      turns = -1;
    }
  }

  function findNext(untilMs: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.dueMs <= untilMs && (next === undefined || sleeper.dueMs < next.dueMs)) next = sleeper;
    }
    return next;
  }

  return {
    clock: {
      now: () => nowMs,
      sleep: (durationMs, signal) => {
        if (signal?.aborted) return Promise.reject(signal.reason);
        return new Promise((resolve, reject) => {
          const abandon = () => {
            sleepers.delete(sleeper);
            reject(signal?.reason);
          };
          const sleeper: Sleeper = {
            dueMs: nowMs + Math.max(0, durationMs),
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
    },
    hold: () => count(1),
    lend: () => count(-1),
    elapse: (durationMs) => moveTo(nowMs + durationMs),
    until: async (promise) => {
      const givenUpAtMs = nowMs + LONGEST_WAIT_MS;
      let isSettled = false;
      const settled = promise.then(
        () => {
          isSettled = true;
        },
        () => {
          isSettled = true;
        },
      );
      for (;;) {
        await quiet();
        if (isSettled) return promise;
        const next = findNext(Number.POSITIVE_INFINITY);
        if (next === undefined) {
          // Whatever it waits for, it is not time.
          await Promise.race([settled, changed.promise]);
          continue;
        }
        if (next.dueMs > givenUpAtMs) throw new Error('What is waited for did not come within a week.');
        moveTo(next.dueMs);
        next.wake();
      }
    },
    pass: async (durationMs) => {
      const untilMs = nowMs + durationMs;
      for (;;) {
        await quiet();
        const next = findNext(untilMs);
        if (next === undefined) break;
        moveTo(next.dueMs);
        next.wake();
      }
      moveTo(untilMs);
    },
    [Symbol.dispose]: () => mock.timers.reset(),
  };
}
