/**
 * Requests and replies between the HTTP server and the endpoints: plain values, so that a fault can stand
 * between the two.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

export interface SimulatedRequest {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** Text of the body; empty for methods without one. */
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable | null;
}

/** A reply that is whole and may be sent any number of times. */
export interface TextReply extends Reply {
  readonly body: string;
}

/** A JSON reply. */
export function createJsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): TextReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}
