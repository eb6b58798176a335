/**
 * Dear operations are executed one after the other, the callers in turn, each thread for itself: together they would take
 * no less time, hold their answers in memory all at once, and keep every other caller waiting. Cheap ones never wait.
 */

import { CHEAP_COST } from '../request-account.ts';

/** Gives up a seat; further calls do nothing. */
export type LeaveSeat = () => void;

export interface Seats {
  /** Resolves when it is this caller's turn; `undefined` where no seat is needed. Whoever is let in must leave. */
  take(callerId: string, cost: number): Promise<LeaveSeat> | undefined;
}

export function createSeats(): Seats {
  let isTaken = false;
  /** By caller; the one whose turn is next comes first. */
  const waiting = new Map<string, ((leave: LeaveSeat) => void)[]>();

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
    if (next === undefined) {
      isTaken = false;
      return;
    }
    const [callerId, queue] = next;
    const enter = queue.shift()!;
    waiting.delete(callerId);
    if (queue.length > 0) waiting.set(callerId, queue);
    enter(makeLeave());
  }

  return {
    take: (callerId, cost) => {
      if (cost <= CHEAP_COST) return undefined;
      if (!isTaken) {
        isTaken = true;
        return Promise.resolve(makeLeave());
      }
      return new Promise((enter) => {
        const queue = waiting.get(callerId);
        if (queue === undefined) waiting.set(callerId, [enter]);
        else queue.push(enter);
      });
    },
  };
}
