/**
 * The end of a request: when its time is up, or nobody waits for it any more. Work asks between its pieces, and every
 * row on its way into the answer is asked of in passing; what has once been over stays so, and no further row is begun.
 * It wakes nobody: what waits for something else goes on waiting.
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

/** A look takes as long as a field or two. */
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
    glance: () => {
      callsToLook -= 1;
      return end ?? (callsToLook <= 0 ? findEnd() : undefined);
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
