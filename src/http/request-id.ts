/**
 * The id by which one request is found in the caller's log and in ours. It is taken from `x-request-id`
 * only when it cannot forge a log line or fill a disk; anything else is replaced without a word.
 */

import { randomUUID } from 'node:crypto';

export const REQUEST_ID_HEADER = 'x-request-id';

/** What UUIDs, trace ids and the ids that proxies make consist of; at most 128 characters. */
const SANE_REQUEST_ID = /^[\w.:+/=@-]{1,128}$/;

/** The id that the caller sent when it is sane, else a random UUID. */
export function toRequestId(sent: string | readonly string[] | undefined): string {
  return typeof sent === 'string' && SANE_REQUEST_ID.test(sent) ? sent : randomUUID();
}
