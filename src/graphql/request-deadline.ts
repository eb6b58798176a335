/**
 * The end of a request: when its time is up, or nobody waits for it any more. Work asks between its pieces, resolvers
 * in passing, and what has once been over stays so: each then fails at once, and nothing of the snapshot is looked at
 * again. It wakes nobody: what waits for something else goes on waiting.
 */

import { GatewayError } from '../core/errors.ts';

export interface RequestDeadline {
  /**
   * For resolvers, which are many and short: looks at every 64th call.
   *
   * @throws DEADLINE_EXCEEDED when the request is over
   */
  check(): void;
  /** Looks now: DEADLINE_EXCEEDED when the request is over, which says why; `undefined` while it goes on. */
  findEnd(): GatewayError | undefined;
}

export interface RequestDeadlineOptions {
  /** When the request arrived, by `monotonicNowMs`. */
  readonly arrivedAtMs: number;
  /** How long it may take from then on, in milliseconds; 0 = as long as it takes. */
  readonly limitMs: number;
  readonly isAbandoned: () => boolean;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNowMs: () => number;
}

/** A look takes as long as a resolver or two; a resolver takes a microsecond. */
const CALLS_PER_LOOK = 64;

export function createRequestDeadline(options: RequestDeadlineOptions): RequestDeadline {
  const { arrivedAtMs, limitMs, isAbandoned, monotonicNowMs } = options;
  let end: GatewayError | undefined;
  let callsToLook = CALLS_PER_LOOK;

  function findEnd(): GatewayError | undefined {
    callsToLook = CALLS_PER_LOOK;
    if (end !== undefined) return end;
    if (isAbandoned()) end = connectionClosed();
    else if (limitMs > 0 && monotonicNowMs() - arrivedAtMs >= limitMs) end = timeIsUp(limitMs);
    return end;
  }

  return {
    findEnd,
    check: () => {
      callsToLook -= 1;
      const found = end ?? (callsToLook <= 0 ? findEnd() : undefined);
      if (found !== undefined) throw found;
    },
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
