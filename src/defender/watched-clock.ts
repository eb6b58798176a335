/**
 * A clock that tells when somebody waits by it. Whatever the upstream client waits for (another try, a file
 * that is being copied, a call budget) it waits by its clock, so that one place sees every wait and none
 * can be forgotten.
 *
 * Waits side by side count as one, from the beginning of the first to the end of the last. Waiting for an
 * answer is none.
 */

import type { Clock } from '../core/clock.ts';

/** Told `true` when a wait begins and `false` when none is left. Called synchronously; must not throw. */
export type WaitListener = (isWaiting: boolean) => void;

export interface WatchedClock extends Clock {
  /**
   * Tells of waits from now on, at once of one that is under way.
   *
   * @returns ends it
   */
  watch(onWaiting: WaitListener): () => void;
  /**
   * Counts as a wait until it is released: for one that is waited elsewhere.
   *
   * @returns releases it; further calls do nothing
   */
  hold(): () => void;
}

/** The same time as that of `clock`. */
export function createWatchedClock(clock: Clock): WatchedClock {
  const listeners = new Set<WaitListener>();
  let waits = 0;

  function tell(isWaiting: boolean): void {
    for (const listener of listeners) listener(isWaiting);
  }

  function hold(): () => void {
    let isHeld = true;
    waits += 1;
    if (waits === 1) tell(true);
    return () => {
      if (!isHeld) return;
      isHeld = false;
      waits -= 1;
      if (waits === 0) tell(false);
    };
  }

  return {
    now: () => clock.now(),
    sleep: async (durationMs, signal) => {
      const release = hold();
      try {
        await clock.sleep(durationMs, signal);
      } finally {
        release();
      }
    },
    hold,
    watch: (onWaiting) => {
      listeners.add(onWaiting);
      if (waits > 0) onWaiting(true);
      return () => {
        listeners.delete(onWaiting);
      };
    },
  };
}
