/**
 * The one place that decides whether a failed upstream attempt is made again, and when. Waits are exponential with full
 * jitter (each is random between zero and a doubling ceiling: 1 s, 2 s, 4 s … 60 s), so that replicas which failed together
 * do not come back together; they go by the clock, and end with the signal: a stop, or the deadline of the refresh.
 *
 *   what failed                                    code                       tries after the first   wait
 *   ---------------------------------------------  -------------------------  ----------------------  ---------------------
 *   connection reset, body cut                     UPSTREAM_CONNECTION_LOST   3 ┐ together; a file     backoff
 *   no answer in time; 408                         UPSTREAM_TIMEOUT           3 │ that gets further    backoff
 *   5xx, any body or none; 408, 429 of a blob      UPSTREAM_UNAVAILABLE       3 │ each time gets       backoff, Retry-After
 *   no connection                                  UPSTREAM_UNREACHABLE       3 ┘ them anew            backoff
 *   malformed answer                               UPSTREAM_INVALID_RESPONSE  2 ┐ together             backoff
 *   file truncated, torn, changed while read       UPSTREAM_FILE_CORRUPT      2 ┘                      backoff
 *   file still being copied to its place           UPSTREAM_FILE_NOT_READY    as often as it takes    1 s, doubling to 10 s
 *   file whose address is not valid yet            UPSTREAM_FILE_FORBIDDEN    2                       until it is, <= 5 min
 *   429, sign-in throttled, call budget spent      *_RATE_LIMITED, *_THROTTLED, *_BUDGET_SPENT: none; the run ends and the
 *                                                  schedule waits, in the middle of a walk in-turn.ts does
 *   link to a page that a new export has ended     UPSTREAM_PAGE_EXPIRED: none; page-walk.ts starts over, once a refresh
 *   sign-in: 5xx, "unavailable", 404 of a managed  UPSTREAM_UNAVAILABLE inside of sign-in-network.ts, like 5xx above; it comes
 *   identity                                       out as UPSTREAM_SIGN_IN_UNAVAILABLE, which nobody else tries again
 *   401                                            none; api-client.ts renews the token once
 *   403, 404 and whatever is marked as final       none; for an expired or vanished file file-addresses.ts asks for new
 *                                                  addresses, once a refresh
 *
 * What a session of the same policy has given up on is not retried by another: where one retried call runs inside another (a
 * sign-in inside a listing), both share one policy, and their tries do not multiply.
 */

import type { Clock } from '../core/clock.ts';
import { type ErrorCode, findGatewayError, type GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';

export interface RetryPolicy {
  /** Runs `attempt` until it succeeds, its failure is final, or its tries are used up; throws the last failure. */
  run<Result>(attempt: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** For work that cannot be started over as a function: one budget of tries, asked after each failure. */
  begin(): RetrySession;
}

export interface RetrySession {
  /** Resolves when the next try may start; throws the failure itself when there is to be none. */
  pause(failure: unknown, signal: AbortSignal): Promise<void>;
  /** The try that has failed got further than the one before: {@link isInterruption} faults have all their tries again. */
  noteProgress(): void;
}

/** A failed attempt that is made again. */
export interface Retry {
  readonly code: ErrorCode;
  /** How long it waits before. */
  readonly delayMs: number;
}

export interface RetryPolicyOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Told of every retry before it waits; must not throw. Default: nobody is. */
  readonly onRetry?: (retry: Retry) => void;
  /** Most tries after the first, of each kind. Default: see the table; 0 turns retries off. */
  readonly maximumRetries?: number;
  /** Ceiling of the first wait; doubles with each. Default 1 s. */
  readonly baseDelayMs?: number;
  /** Highest ceiling, and the longest Retry-After that is waited for. Default 60 s. */
  readonly maximumDelayMs?: number;
}

/** Kinds of faults that may pass. Each has tries of its own. */
type FaultKind = 'INTERRUPTED' | 'MALFORMED' | 'COPY_PENDING' | 'NOT_YET_VALID';

const KIND_OF: ReadonlyMap<ErrorCode, FaultKind> = new Map([
  ['UPSTREAM_CONNECTION_LOST', 'INTERRUPTED'],
  ['UPSTREAM_TIMEOUT', 'INTERRUPTED'],
  ['UPSTREAM_UNAVAILABLE', 'INTERRUPTED'],
  ['UPSTREAM_UNREACHABLE', 'INTERRUPTED'],
  ['UPSTREAM_INVALID_RESPONSE', 'MALFORMED'],
  ['UPSTREAM_FILE_CORRUPT', 'MALFORMED'],
  ['UPSTREAM_FILE_NOT_READY', 'COPY_PENDING'],
  ['UPSTREAM_FILE_FORBIDDEN', 'NOT_YET_VALID'],
]);

const RETRIES_OF: Readonly<Record<FaultKind, number>> = {
  INTERRUPTED: 3,
  MALFORMED: 2,
  COPY_PENDING: Number.POSITIVE_INFINITY,
  NOT_YET_VALID: 2,
};

/** How often progress renews the tries: a connection that gives a little each time must not be asked for ever. */
const MAXIMUM_RENEWALS = 100;
const FIRST_POLL_MS = SECOND_MS;
const LONGEST_POLL_MS = 10 * SECOND_MS;
/** Clocks that are further apart than this are wrong rather than skewed. */
const LONGEST_SKEW_MS = 5 * MINUTE_MS;

/** Whether the way failed rather than what came over it, so that a body may go on where it broke off. */
export function isInterruption(failure: unknown): boolean {
  const code = findGatewayError(failure)?.code;
  return code !== undefined && KIND_OF.get(code) === 'INTERRUPTED';
}

export function createRetryPolicy(options: RetryPolicyOptions): RetryPolicy {
  const { clock, random, log, onRetry } = options;
  const maximumRetries = options.maximumRetries ?? Number.POSITIVE_INFINITY;
  const baseDelayMs = options.baseDelayMs ?? SECOND_MS;
  const maximumDelayMs = options.maximumDelayMs ?? MINUTE_MS;
  const givenUp = new WeakSet<GatewayError>();

  /** How long to wait before the try after `retries` others, or `undefined` when there is to be none. */
  function findDelay(kind: FaultKind, retries: number, { retryAtMs }: GatewayError): number | undefined {
    if (retries >= Math.min(maximumRetries, RETRIES_OF[kind])) return undefined;
    const askedMs = retryAtMs === undefined ? undefined : retryAtMs - clock.now();
    switch (kind) {
      case 'COPY_PENDING':
        return Math.min(FIRST_POLL_MS * 2 ** retries, LONGEST_POLL_MS);
      case 'NOT_YET_VALID':
        return askedMs === undefined || askedMs > LONGEST_SKEW_MS ? undefined : Math.max(askedMs, 0);
      default: {
        if (askedMs !== undefined && askedMs > maximumDelayMs) return undefined;
        const ceilingMs = Math.min(maximumDelayMs, baseDelayMs * 2 ** retries);
        return Math.max(askedMs ?? 0, Math.floor(random() * ceilingMs));
      }
    }
  }

  function begin(): RetrySession {
    const retriesOf: Partial<Record<FaultKind, number>> = {};
    let renewals = 0;
    return {
      pause: async (failure, signal) => {
        signal.throwIfAborted();
        const error = findGatewayError(failure);
        if (error === undefined) throw failure;
        const kind = error.retryable && !givenUp.has(error) ? KIND_OF.get(error.code) : undefined;
        const retries = kind === undefined ? 0 : (retriesOf[kind] ?? 0);
        const delayMs = kind === undefined ? undefined : findDelay(kind, retries, error);
        if (kind === undefined || delayMs === undefined) {
          givenUp.add(error);
          throw failure;
        }
        retriesOf[kind] = retries + 1;
        const { code, message } = error;
        // A copy may be asked after hundreds of times: the first says it all.
        log[kind === 'COPY_PENDING' && retries > 0 ? 'debug' : 'warn'](
          { code, reason: message, retry: retries + 1, delayMs },
          'upstream attempt failed, trying again',
        );
        onRetry?.({ code, delayMs });
        await clock.sleep(delayMs, signal);
      },
      noteProgress: () => {
        if (renewals === MAXIMUM_RENEWALS) return;
        renewals += 1;
        retriesOf.INTERRUPTED = 0;
      },
    };
  }

  return {
    begin,
    run: async (attempt, signal) => {
      const session = begin();
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          await session.pause(error, signal);
        }
      }
    },
  };
}
