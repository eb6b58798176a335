/**
 * Dear operations are executed one after the other, the callers in turn, each serving thread for itself: together they would
 * take no less time, and hold their answers in memory all at once. Cheap ones never wait.
 *
 * Who waits is let in by turn, and taken out by the end of its request. How many of one caller wait is bounded.
 */

import { GatewayError } from '../../core/errors.ts';

/** Gives up a seat; further calls do nothing. */
export type LeaveSeat = () => void;

export interface Seats {
  /**
   * Resolves when it is this caller's turn. Whoever is let in must leave.
   *
   * @param watch calls when the request ends; returns how to stop that
   * @throws what the request ended with; RATE_LIMITED when as many of this caller wait as may
   */
  take(callerId: string, watch: (onEnd: (end: Error) => void) => () => void): Promise<LeaveSeat>;
}

/** A burst of a hundred is what honest callers come with; where nobody is identified, all are one caller. */
const DEFAULT_MAXIMUM_WAITING = 1_000;

/** @param maximumWaiting how many operations of one caller may wait. Default 1,000 */
export function createSeats(maximumWaiting: number = DEFAULT_MAXIMUM_WAITING): Seats {
  let isTaken = false;
  /** By caller; the one whose turn is next comes first. None is empty. */
  const waiting = new Map<string, Set<() => void>>();

  function makeLeave(): LeaveSeat {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      letNextIn();
    };
  }

  function letNextIn(): void {
    const [next] = waiting;
    isTaken = next !== undefined;
    if (next === undefined) return;
    const [callerId, queue] = next;
    const [enter] = queue;
    // To the end of the row of callers, with those that are left.
    waiting.delete(callerId);
    queue.delete(enter!);
    if (queue.size > 0) waiting.set(callerId, queue);
    enter!();
  }

  function wait(callerId: string, watch: Parameters<Seats['take']>[1]): Promise<LeaveSeat> {
    const queue = waiting.get(callerId) ?? new Set();
    if (queue.size >= maximumWaiting) return Promise.reject(tooManyWaiting(maximumWaiting));
    return new Promise((resolve, reject) => {
      const enter = () => {
        stopWatching();
        resolve(makeLeave());
      };
      waiting.set(callerId, queue.add(enter));
      const stopWatching = watch((end) => {
        queue.delete(enter);
        if (queue.size === 0) waiting.delete(callerId);
        reject(end);
      });
    });
  }

  return {
    take: (callerId, watch) => {
      if (isTaken) return wait(callerId, watch);
      isTaken = true;
      return Promise.resolve(makeLeave());
    },
  };
}

function tooManyWaiting(maximumWaiting: number): GatewayError {
  const rule = `have at most ${maximumWaiting} dear operations that wait for their turn`;
  return new GatewayError(
    'RATE_LIMITED',
    `A caller may ${rule}, and has as many. Wait for answers before asking again, or ask for smaller pages.`,
    { rule, value: maximumWaiting, retryable: true },
  );
}
