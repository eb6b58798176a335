/**
 * Errors of a refresh, as people and the schedule see them. A failure never carries the text of an error that
 * is not ours: it may hold a secret. The error itself goes to the events, for the log.
 */

import { findGatewayError, GatewayError } from '../core/errors.ts';
import type { RefreshFailure } from './refresh-status.ts';

const REJECTIONS: ReadonlySet<string> = new Set([
  'SNAPSHOT_EMPTY',
  'SNAPSHOT_SHRUNK',
  'SNAPSHOT_REJECTED_RECORDS',
  'SNAPSHOT_INCOMPLETE',
]);

/** Whether a validator refused the snapshot, as opposed to there being none. */
export function isRejection(error: GatewayError): boolean {
  return REJECTIONS.has(error.code);
}

/** The error itself when it is ours; otherwise `INTERNAL_SERVER_ERROR`, not retryable, with it as the cause. */
export function toGatewayError(error: unknown): GatewayError {
  const known = findGatewayError(error);
  if (known !== undefined) return known;
  const said = isOutOfMemory(error)
    ? 'The refresh ran out of memory. The served snapshot stays. Give the process more memory, then refresh again.'
    : 'The refresh failed for an internal reason, which the log of the gateway has. The served snapshot stays.';
  return new GatewayError('INTERNAL_SERVER_ERROR', said, { cause: error });
}

/** The system had no memory for an array of bytes: outside of the heap a thread is told so, and does not end. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /allocation failed/i.test(error.message);
}

/** What the status shows of an error. */
export function toRefreshFailure(error: GatewayError, atMs: number): RefreshFailure {
  return { atMs, code: error.code, message: error.message, retryable: error.retryable };
}

/** The error of a run that was stopped. */
export function createCancelledError(cause?: unknown): GatewayError {
  return new GatewayError(
    'REFRESH_CANCELLED',
    'The refresh was cancelled because the gateway is stopping. The served snapshot stays; start the gateway again to refresh.',
    { cause },
  );
}
