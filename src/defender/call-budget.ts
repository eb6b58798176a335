/**
 * The port through which every call to Defender passes before it is made. Whoever keeps the count (a ledger
 * in memory, or one in a store that replicas share) stands behind it.
 */

import { GatewayError } from '../core/errors.ts';
import type { ApiEndpoint, CallLedger } from './call-ledger.ts';

export interface CallBudget {
  /** Counts one call that is about to be made. Throws `UPSTREAM_BUDGET_SPENT` with `retryAtMs` instead of waiting. */
  acquire(endpoint: ApiEndpoint, signal: AbortSignal): Promise<void>;
  /** Defender answered 429: no call before `retryAtMs`, whatever the count says. */
  noteThrottled(endpoint: ApiEndpoint, retryAtMs: number): Promise<void>;
}

/** The budget over a ledger in this process. */
export function createLedgerBudget(ledger: CallLedger): CallBudget {
  return {
    acquire: async (endpoint) => {
      const answer = ledger.tryAcquire(endpoint);
      if (!answer.granted) throw budgetSpent(endpoint, answer.retryAtMs);
    },
    noteThrottled: async (endpoint, retryAtMs) => ledger.noteThrottled(endpoint, retryAtMs),
  };
}

/** The error of a call that the budget forbids until `retryAtMs`. */
export function budgetSpent(endpoint: ApiEndpoint, retryAtMs: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_BUDGET_SPENT',
    `The call budget of the ${endpoint === 'EXPORT' ? 'export' : 'paged'} endpoint is spent; the next call is allowed at ${new Date(retryAtMs).toISOString()}.`,
    { retryable: true, retryAtMs },
  );
}
