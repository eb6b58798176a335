/**
 * Error bodies of the Defender API: `{ error: { code, message, target } }`, where `target` is a correlation id.
 */

import { createJsonReply, type TextReply } from './reply.ts';

/** Codes that the service documents or was seen to answer, and `MethodNotAllowed`. */
export type ApiErrorCode =
  | 'BadRequest'
  | 'ODataError'
  | 'InvalidInput'
  | 'Unauthorized'
  | 'Forbidden'
  | 'DisabledFeature'
  | 'NotFound'
  | 'ResourceNotFound'
  | 'MethodNotAllowed'
  | 'TooManyRequests'
  | 'InternalServerError';

/** An error answer of the API; also fit for a fault of kind `reply`. */
export function createApiErrorReply(
  status: number,
  code: ApiErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): TextReply {
  const target = '6d1f4a5e-0000-4000-a000-defe0de70001';
  return createJsonReply(status, { error: { code, message, target } }, headers);
}
