/** A pool of serving threads under test: its clock and its threads in the hands of the test. */

import { createServingPool } from '../../src/serving/serving-pool.ts';
import type { ServingAnswers } from '../../src/serving/serving-thread.ts';
import { FakeServingThread, type Measured } from './fake-serving-threads.ts';
import { createManualClock } from './manual-clock.ts';

export const ADDRESS = { host: '127.0.0.1', port: 4000 };

export interface FakeAnswers {
  readonly status: string;
  readonly requestRefresh: number;
  readonly double: (count: number) => number;
}

/** Measurements are lists of counts; merged, they are one list. */
export function setUpPool(
  names: readonly string[],
  overrides: {
    readonly answers?: Partial<ServingAnswers<FakeAnswers>>;
    readonly spawn?: (name: string) => FakeServingThread;
  } = {},
) {
  const clock = createManualClock();
  const spawned: FakeServingThread[] = [];
  const events: string[] = [];
  const pool = createServingPool<FakeAnswers, Measured>({
    names,
    spawn: (name) => {
      const thread = overrides.spawn?.(name) ?? new FakeServingThread(name);
      spawned.push(thread);
      return thread;
    },
    answers: {
      status: () => 'IDLE',
      requestRefresh: () => 1,
      double: (count) => 2 * count,
      ...overrides.answers,
    },
    clock,
    merge: (measurements) => measurements.flat(),
    events: {
      onListening: (name) => events.push(`${name} listens`),
      onEnded: (name, { reason }, restartInMs) => events.push(`${name} ${reason} ${restartInMs}`),
    },
  });
  return { pool, clock, spawned, events };
}

/** Lets everything that is due run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
