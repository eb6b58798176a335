/**
 * Time as an argument. Nothing else in the gateway reads the wall clock or sets a timer for waiting,
 * so that a test decides what time it is and never sleeps.
 */

export interface Clock {
  /** Now, in epoch milliseconds. */
  now(): number;
  /**
   * Resolves after `durationMs`; rejects with the signal's reason as soon as it is aborted.
   * The wait does not keep the process alive.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Longest wait that a Node timer can hold (2^31 - 1 ms, 24.8 days); longer ones fire at once. */
const MAXIMUM_TIMER_MS = 2_147_483_647;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (durationMs, signal) => {
    for (let leftMs = Math.max(0, durationMs); ; leftMs -= MAXIMUM_TIMER_MS) {
      await delay(Math.min(leftMs, MAXIMUM_TIMER_MS), signal);
      if (leftMs <= MAXIMUM_TIMER_MS) return;
    }
  },
};

/** Node's own makes an error with a stack for each wait that is given up: most of them are. */
function delay(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, durationMs).unref();
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
