/**
 * Runs the work of queries without keeping the event loop: at once while a turn of the loop has time left, so that what
 * is quick stays synchronous; after that in turns of its own, a few milliseconds each, shared by all that is under way.
 *
 *   turn of the loop   │ I/O callbacks: resolvers run work at once, at most turnMs together │ then the queue, turnMs │
 *
 * What GraphQL makes of a result is not seen from here, and takes longer than the result did: a turn ends with the first thing
 * in the queue that is done.
 *
 * One runner serves a thread. It starts no work by itself and holds none that is done.
 */

import type { Work } from '../snapshot/work.ts';

/** A result that is there, or will be. */
export type MaybePromise<Result> = Result | Promise<Result>;

/** The error that work is to end with, once it is to end. */
export type FindEnd = () => Error | undefined;

export interface SliceRunner {
  /**
   * The result of work, at once if there is time, else later.
   *
   * @param findEnd asked before each later slice: work that is to end is put away there. Default: it never ends so
   * @throws whatever the work throws, here or as a rejection; what `findEnd` found
   */
  run<Result>(work: Work<Result>, findEnd?: FindEnd): MaybePromise<Result>;
}

export interface SliceOptions {
  /** Milliseconds of a turn for work that runs at once, and again as much for the queue. Default 5. */
  readonly turnMs?: number;
  /** A clock that never goes back, in milliseconds. Default: the machine's. */
  readonly monotonicNowMs?: () => number;
}

/** Work in the queue runs for this part of a turn before the next one's turn comes: short work passes long work. */
const SHARES_PER_TURN = 5;

interface Waiting {
  /** Runs the work until an instant. @returns whether it is done with, one way or another */
  runUntil(endMs: number): boolean;
}

export function createSliceRunner(options: SliceOptions = {}): SliceRunner {
  const { turnMs = 5, monotonicNowMs = () => performance.now() } = options;
  let spentMs = 0;
  let isTurnPlanned = false;
  const queue: Waiting[] = [];

  function planTurn(): void {
    if (isTurnPlanned) return;
    isTurnPlanned = true;
    setImmediate(() => {
      isTurnPlanned = false;
      spentMs = 0;
      runQueue();
      if (queue.length > 0) planTurn();
    });
  }

  /** One slice at least, so that a turn of no time still goes on; up to the first that is done, which is then used. */
  function runQueue(): void {
    const endMs = monotonicNowMs() + turnMs;
    do {
      const next = queue.shift();
      if (next === undefined) return;
      const shareEndMs = monotonicNowMs() + turnMs / SHARES_PER_TURN;
      if (next.runUntil(Math.min(endMs, shareEndMs))) return;
      queue.push(next);
    } while (monotonicNowMs() < endMs);
  }

  function enqueue<Result>(work: Work<Result>, findEnd: FindEnd): Promise<Result> {
    return new Promise((resolve, reject) => {
      queue.push({
        runUntil: (endMs) => {
          try {
            const end = findEnd();
            if (end !== undefined) {
              work.return(undefined as Result);
              throw end;
            }
            const step = runSlice(work, endMs);
            if (step === undefined) return false;
            resolve(step.value);
          } catch (error) {
            reject(error);
          }
          return true;
        },
      });
      planTurn();
    });
  }

  /** Runs until an instant, one piece at least. @returns the result, when it is there */
  function runSlice<Result>(work: Work<Result>, endMs: number): { readonly value: Result } | undefined {
    do {
      const step = work.next();
      if (step.done === true) return { value: step.value };
    } while (monotonicNowMs() < endMs);
    return undefined;
  }

  return {
    run: (work, findEnd = () => undefined) => {
      if (spentMs >= turnMs) return enqueue(work, findEnd);
      const startMs = monotonicNowMs();
      planTurn();
      try {
        const step = runSlice(work, startMs + turnMs - spentMs);
        return step === undefined ? enqueue(work, findEnd) : step.value;
      } finally {
        spentMs += monotonicNowMs() - startMs;
      }
    },
  };
}
