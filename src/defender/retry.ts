/**
 * The one place that decides whether a failed upstream attempt is made again, and when: exponential
 * backoff with full jitter (each wait is random between zero and a doubling ceiling), so that replicas
 * which failed together do not come back together.
 *
 * Retried: broken connections, timeouts, 5xx, hosts that cannot be reached for the moment, truncated files.
 * Never retried here: 401, 403, 429 and spent budgets, which only time or a person cures. Nor a failure that a
 * session of the same policy has given up on: where one retried call runs inside another (a sign-in inside a
 * listing), both share one policy, and their tries do not multiply.
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
}

export interface RetryPolicyOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Tries after the first. Default 3; 0 turns retries off. */
  readonly maximumRetries?: number;
  /** Ceiling of the first wait; doubles with each. Default 1 s. */
  readonly baseDelayMs?: number;
  /** Highest ceiling, and the longest Retry-After that is waited for. Default 60 s. */
  readonly maximumDelayMs?: number;
}

/** Failures that may pass, with the most retries each gets. */
const RETRIES_OF: ReadonlyMap<ErrorCode, number> = new Map([
  ['UPSTREAM_CONNECTION_LOST', 3],
  ['UPSTREAM_TIMEOUT', 3],
  ['UPSTREAM_UNAVAILABLE', 3],
  ['UPSTREAM_UNREACHABLE', 3],
  ['UPSTREAM_INVALID_RESPONSE', 2],
  ['UPSTREAM_FILE_CORRUPT', 2],
]);

export function createRetryPolicy(options: RetryPolicyOptions): RetryPolicy {
  const { clock, random, log } = options;
  const maximumRetries = options.maximumRetries ?? 3;
  const baseDelayMs = options.baseDelayMs ?? SECOND_MS;
  const maximumDelayMs = options.maximumDelayMs ?? MINUTE_MS;
  const givenUp = new WeakSet<GatewayError>();

  function countRetries(error: GatewayError): number {
    if (!error.retryable || givenUp.has(error)) return 0;
    return Math.min(maximumRetries, RETRIES_OF.get(error.code) ?? 0);
  }

  function begin(): RetrySession {
    let retries = 0;
    return {
      pause: async (failure, signal) => {
        signal.throwIfAborted();
        const error = findGatewayError(failure);
        if (error === undefined) throw failure;
        const ceilingMs = Math.min(maximumDelayMs, baseDelayMs * 2 ** retries);
        const askedMs = error.retryAtMs === undefined ? 0 : error.retryAtMs - clock.now();
        if (retries >= countRetries(error) || askedMs > maximumDelayMs) {
          givenUp.add(error);
          throw failure;
        }
        retries += 1;
        const delayMs = Math.max(askedMs, Math.floor(random() * ceilingMs));
        log.warn(
          { code: error.code, reason: error.message, retry: retries, delayMs },
          'upstream attempt failed, trying again',
        );
        await clock.sleep(delayMs, signal);
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
