/**
 * When a request is begun: its body parsed, its operation validated and executed. Callers take turns, one request of each in a
 * round, and a turn of the event loop begins requests for a few milliseconds at most before it lets connections be read and
 * written again. Where nobody waits, a request is begun at once.
 *
 * It bounds nothing and knows no deadline: whoever has a request wait takes it out again when it need not be begun.
 */

import { createFairQueue } from './fair-queue.ts';

/** What one turn of the event loop may spend on beginning requests; the last one may go beyond it. */
export const TURN_MS = 5;

/** Requests that one turn begins at most: as many steps are scheduled beforehand. */
const STEPS_OF_A_TURN = 32;

/** Steps that will be done one after the other, each of which begins one request. */
interface ScheduledTurn {
  steps: number;
  stepsDone: number;
  /** By the clock that never goes back. */
  startedAtMs: number | undefined;
  hasBegun: boolean;
}

export interface RequestTurns<Owner> {
  /**
   * Begins now, or when it is the owner's turn.
   *
   * @param begin called once, never after `leave`; must not throw
   * @returns `leave`, which takes the request out again; `undefined` when it has been begun
   */
  enter(owner: Owner, begin: () => void): (() => void) | undefined;
  /** Requests that wait, of all owners. */
  readonly waiting: number;
  waitingOf(owner: Owner): number;
  /** Looks again: an owner who was held may go on. */
  wake(): void;
}

export interface RequestTurnsOptions<Owner> {
  /** Whether a request of this owner may be begun now; when that becomes true again, `wake` must be called. Default: always. */
  readonly mayBegin?: (owner: Owner) => boolean;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNowMs: () => number;
  /** Calls back in the next turn of the event loop, several in their order and each with what it causes at once. Default: `setImmediate`. */
  readonly inNextTurn?: (action: () => void) => void;
}

export function createRequestTurns<Owner>(options: RequestTurnsOptions<Owner>): RequestTurns<Owner> {
  const { mayBegin = () => true, monotonicNowMs, inNextTurn = setImmediate } = options;
  const queue = createFairQueue<Owner, () => void>();
  /** While there is one, somebody waits, and nobody is begun out of turn. */
  let scheduled: ScheduledTurn | undefined;
  /** When this turn of the event loop began its first request that did not wait. */
  let begunAtMs: number | undefined;

  /** Whether this turn has time left for a request that comes while nobody waits. */
  function hasTimeLeft(): boolean {
    if (begunAtMs !== undefined) return monotonicNowMs() - begunAtMs < TURN_MS;
    begunAtMs = monotonicNowMs();
    inNextTurn(() => {
      begunAtMs = undefined;
    });
    return true;
  }

  /** Has those who wait now begun in the next turn, as far as it has time. */
  function schedule(): void {
    if (queue.size === 0) return;
    scheduled ??= { steps: 0, stepsDone: 0, startedAtMs: undefined, hasBegun: false };
    if (scheduled.stepsDone > 0) return;
    const turn = scheduled;
    for (; turn.steps < Math.min(queue.size, STEPS_OF_A_TURN); turn.steps += 1) inNextTurn(() => step(turn));
  }

  /** What a request causes at once, by promises, is done between two steps: so each step sees what the one before took. */
  function step(turn: ScheduledTurn): void {
    turn.startedAtMs ??= monotonicNowMs();
    turn.stepsDone += 1;
    const isInTime = !turn.hasBegun || monotonicNowMs() - turn.startedAtMs < TURN_MS;
    const begin = isInTime ? queue.take(mayBegin) : undefined;
    turn.hasBegun ||= begin !== undefined;
    if (turn.stepsDone === turn.steps) {
      scheduled = undefined;
      // Where all who wait are held, `wake` schedules again.
      if (turn.hasBegun) schedule();
    }
    begin?.();
  }

  return {
    enter: (owner, begin) => {
      if (scheduled === undefined && queue.sizeOf(owner) === 0 && mayBegin(owner) && hasTimeLeft()) {
        begin();
        return undefined;
      }
      queue.add(owner, begin);
      schedule();
      return () => queue.remove(owner, begin);
    },
    get waiting() {
      return queue.size;
    },
    waitingOf: queue.sizeOf,
    wake: schedule,
  };
}
