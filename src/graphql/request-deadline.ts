/**
 * The end of a request: when its time is up, or nobody waits for it any more. Work asks between its pieces, and every
 * row on its way into the answer is asked of in passing; what has once been over stays so, and no further row is begun.
 * Who waits meanwhile is told.
 *
 * The end is a value here, and must come to graphql-js as a rejection. What is thrown at it leaves the list at once, and
 * what the rows before are waiting for is then awaited by nobody: where that fails as well, the process ends.
 */

import { GatewayError } from '../core/errors.ts';

export interface RequestDeadline {
  /** Looks now: DEADLINE_EXCEEDED when the request is over, which says why; `undefined` while it goes on. */
  findEnd(): GatewayError | undefined;
  /** The same for what is asked often and takes a microsecond or two: looks at every 64th call. */
  glance(): GatewayError | undefined;
  /**
   * Calls once, when the request ends, at once if it has; for who waits for something else and would not look.
   *
   * @returns to be called when nobody needs to know any more
   */
  watch(onEnd: (end: GatewayError) => void): () => void;
  /** Milliseconds since the request arrived. */
  elapsedMs(): number;
}

/** Calls once when the caller may have gone away. @returns to be called when nobody needs to know any more */
export type WatchCaller = (onChange: () => void) => () => void;

export interface RequestDeadlineOptions {
  /** When the request arrived, by `monotonicNowMs`. */
  readonly arrivedAtMs: number;
  /** How long it may take from then on, in milliseconds; 0 = as long as it takes. */
  readonly limitMs: number;
  readonly isAbandoned: () => boolean;
  readonly watchCaller: WatchCaller;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNowMs: () => number;
}

/** A look takes as long as a field or two. */
const CALLS_PER_LOOK = 64;
const TIMER_MARGIN_MS = 2;

export function createRequestDeadline(options: RequestDeadlineOptions): RequestDeadline {
  const { arrivedAtMs, limitMs, isAbandoned, watchCaller, monotonicNowMs } = options;
  let end: GatewayError | undefined;
  let callsToLook = CALLS_PER_LOOK;

  function findEnd(): GatewayError | undefined {
    callsToLook = CALLS_PER_LOOK;
    if (end !== undefined) return end;
    if (isAbandoned()) end = connectionClosed();
    else if (limitMs > 0 && elapsedMs() >= limitMs) end = timeIsUp(limitMs);
    return end;
  }

  const elapsedMs = (): number => monotonicNowMs() - arrivedAtMs;

  return {
    findEnd,
    glance: () => {
      callsToLook -= 1;
      return end ?? (callsToLook <= 0 ? findEnd() : undefined);
    },
    watch: (onEnd) => {
      const over = findEnd();
      if (over !== undefined) {
        onEnd(over);
        return () => undefined;
      }
      let timer: NodeJS.Timeout | undefined;
      const stop = () => {
        clearTimeout(timer);
        unwatchCaller();
      };
      const look = () => {
        const found = findEnd();
        if (found === undefined) return;
        stop();
        onEnd(found);
      };
      const unwatchCaller = watchCaller(look);
      // A timer may fire a little early, and would then find nothing.
      if (limitMs > 0) timer = setTimeout(look, Math.max(0, limitMs - elapsedMs()) + TIMER_MARGIN_MS);
      return stop;
    },
    elapsedMs,
  };
}

function connectionClosed(): GatewayError {
  return new GatewayError(
    'DEADLINE_EXCEEDED',
    'The answer must have somebody who waits for it, but the connection was closed before it was there. Ask again, or ask for less.',
    { rule: 'have somebody who waits for it', retryable: true },
  );
}

function timeIsUp(limitMs: number): GatewayError {
  const rule = `be there within ${limitMs} ms`;
  return new GatewayError(
    'DEADLINE_EXCEEDED',
    `The answer must ${rule} of its request, but was not. Ask for less: smaller pages, fewer relations, a narrower filter.`,
    { rule, retryable: true },
  );
}
