/**
 * The two ways in which the store fails, said in words that an operator can act on. Paths and driver
 * messages stay in the cause, for the log.
 */

import { findGatewayError, GatewayError } from '../core/errors.ts';

/**
 * `STORE_UNAVAILABLE`, retryable: the disk refused, with what to do about its error code.
 *
 * @param action what was attempted, completing "… while <action>": `writing a chunk`
 */
export function diskUnavailable(action: string, cause: unknown): GatewayError {
  const code = findErrorCode(cause) ?? 'unknown error';
  return new GatewayError(
    'STORE_UNAVAILABLE',
    `The folder DATA_DIR must be readable and writable, but the disk answered ${code} while ${action}. ${adviceFor(code)}`,
    { cause, retryable: true, rule: 'be readable and writable', value: code },
  );
}

/**
 * `STORE_CORRUPT`, retryable because what is damaged is set aside and not read again.
 *
 * @param subject what is damaged: `the entry 3f2a….entry`
 * @param finding what is wrong with it, completing "… must be what was written, but <finding>"
 */
export function storeCorrupt(subject: string, finding: string, cause?: unknown): GatewayError {
  return new GatewayError(
    'STORE_CORRUPT',
    `${subject} must be what was written, but ${finding}. It is not used; check the disk if this happens again.`,
    { cause, retryable: true, rule: 'be what was written' },
  );
}

/** Whether something is missing rather than wrong. */
export function isMissing(error: unknown): boolean {
  return findErrorCode(error) === 'ENOENT';
}

/** Whether what was stored came back damaged. */
export function isCorrupt(error: unknown): error is GatewayError {
  return findGatewayError(error)?.code === 'STORE_CORRUPT';
}

function findErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function adviceFor(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free space on that disk; nothing that was stored before is lost.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Let the user that runs the gateway write to it, and mount it writable.';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'A file stands where a folder must be: move it away, or set DATA_DIR to another folder.';
    case 'EISDIR':
    case 'ENOTEMPTY':
      return 'A folder stands where a file must be: move it away, or set DATA_DIR to another folder.';
    case 'EIO':
      return 'The disk itself fails: replace it; until then set DATA_DIR to a folder on another one.';
    default:
      return 'Check the disk and the log.';
  }
}
