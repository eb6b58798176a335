/** A thread that ended when it was not asked to, as an error that says what to do. */

import { GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';

const REASON_LENGTH = 200;

/**
 * Out of memory is no passing trouble: the same inventory needs the same memory again. Anything else is retryable.
 *
 * @param subject `The refresh thread`
 */
export function createDeathError(subject: string, exitCode: number, cause: unknown): GatewayError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new GatewayError(
      'INTERNAL_SERVER_ERROR',
      `${subject} ran out of memory. The served snapshot stays. Give the process more memory, then refresh again.`,
      { cause },
    );
  }
  const reason =
    cause === undefined ? `exit code ${exitCode}` : redact(String(cause)).slice(0, REASON_LENGTH);
  return new GatewayError(
    'INTERNAL_SERVER_ERROR',
    `${subject} ended in the middle of a refresh: ${reason}. The served snapshot stays, and the refresh is ` +
      'tried again in a new thread. If this goes on, see the log for the cause.',
    { cause, retryable: true },
  );
}

/** Runs `spawn`; what it throws becomes an error that says what to do. */
export function spawnThread<Thread>(subject: string, spawn: () => Thread): Thread {
  try {
    return spawn();
  } catch (error) {
    throw new GatewayError(
      'INTERNAL_SERVER_ERROR',
      `${subject} could not be started. The served snapshot stays, and the refresh is tried again. ` +
        'If this goes on, see the log for the cause and check the memory that the process may use.',
      { cause: error, retryable: true },
    );
  }
}
