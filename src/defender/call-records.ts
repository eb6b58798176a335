/**
 * The port through which calls to Defender are kept outside of this process: what makes their windows hold over
 * restarts, and over gateways that share a store. Whoever starts the gateway puts a store behind it.
 *
 * It speaks of ages, never of instants: gateways whose clocks differ understand the same by them.
 */

import type { ApiEndpoint, CallLimits, RecordedCalls } from './call-ledger.ts';

/**
 * Each function does what it does in one step, for everybody who shares the records. What `known` has and the records
 * have lost (a flushed Redis, a deleted folder) is added to them first. Both reject with `STORE_UNAVAILABLE` or
 * `STORE_CORRUPT` when they cannot; a call may then be recorded or not.
 */
export interface CallRecords {
  /** Records one call if the windows have room for it and nobody is throttled; when it resolves, durably. */
  record(
    endpoint: ApiEndpoint,
    known: RecordedCalls,
    limits: CallLimits,
  ): Promise<RecordedCalls & { readonly granted: boolean }>;
  /** Records no call, and answers what is recorded. */
  merge(endpoint: ApiEndpoint, known: RecordedCalls): Promise<RecordedCalls>;
}
