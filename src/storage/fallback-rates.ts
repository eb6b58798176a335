/**
 * Rates of callers in one place, and in another one for as long as the first cannot be used: while Redis is away callers
 * are limited by each process for itself, never not at all, and never kept waiting for long.
 *
 * The second knows nothing of what was taken from the first: at the beginning and at the end of an outage a caller may find a
 * full bucket.
 */

import { findGatewayError, type GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RateLimiter } from '../core/rates.ts';

/** Logs, and tells `onStoreFailure`, once in an outage: when it begins. Both must have the same limits. */
export function createFallbackRates(options: {
  readonly first: RateLimiter;
  readonly second: RateLimiter;
  readonly log: Logger;
  readonly onStoreFailure: (failure: GatewayError) => void;
}): RateLimiter {
  const { first, second, log, onStoreFailure } = options;
  let isFirstUsed = true;

  function note(failure: GatewayError): void {
    if (isFirstUsed) {
      const { code, message } = failure;
      log.warn(
        { event: 'rates_elsewhere', code, reason: message },
        'the rates of callers are counted by each process for itself until the store takes them again',
      );
      onStoreFailure(failure);
    }
    isFirstUsed = false;
  }

  return {
    limits: first.limits,
    take: async (callerId, kind, amount) => {
      try {
        const taken = await first.take(callerId, kind, amount);
        isFirstUsed = true;
        return taken;
      } catch (error) {
        const failure = findGatewayError(error);
        if (failure === undefined) throw error;
        note(failure);
      }
      return await second.take(callerId, kind, amount);
    },
  };
}
