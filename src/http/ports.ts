/**
 * What the HTTP server needs from the rest of the gateway, and no more: whoever composes the gateway
 * satisfies these. They are values and functions that answer at once; none of them does I/O.
 */

import type { FastifyBaseLogger } from 'fastify';
import type { Caller } from '../core/caller.ts';
import type { SnapshotExtension } from '../graphql/snapshot-extension.ts';

/** The structured logger that requests log to; pino is one. Its `child` makes one logger a request. */
export type HttpLogger = FastifyBaseLogger;

/** The served snapshot, as far as HTTP is concerned. */
export interface ServedSnapshot {
  /** What callers are told of it, as `extensions.snapshot`. */
  readonly extension: SnapshotExtension;
  /** Epoch milliseconds from which on the snapshot is too old to be ready; `null` = never. */
  readonly expiresAtMs: number | null;
}

/** The served snapshot now, or `null` until the first one is published. */
export type FindServedSnapshot = () => ServedSnapshot | null;

/**
 * The caller that an `Authorization` header stands for; rejects or throws what the answer is to say.
 *
 * @param authorization the header as it was sent, with ", " between its lines; `undefined` when there is none
 * @throws UNAUTHENTICATED when it identifies nobody; FORBIDDEN when the caller may do nothing here
 */
export type IdentifyCaller = (authorization: string | undefined) => Caller | Promise<Caller>;

/** The metrics in a text format that Prometheus reads. */
export interface MetricsPage {
  /** All metrics as text; cost grows with their number, not with the inventory. */
  render(): Promise<string>;
  /** The media type of that text, with its version and charset. */
  readonly contentType: string;
}
