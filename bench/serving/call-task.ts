/** What callers are told, and what they report. */

import type { Digests } from './cursors.ts';
import type { RequestParts } from './http-connection.ts';
import type { Anchor, Dialect, QuestionName } from './questions.ts';

/** Requests that differ in their cursors, or the same one again and again. */
export type Asked =
  | {
      readonly kind: 'cold';
      readonly question: QuestionName;
      readonly dialect: Dialect;
      readonly anchors: readonly Anchor[];
      readonly digests?: Digests;
    }
  | { readonly kind: 'same'; readonly request: RequestParts; readonly status: number };

export interface CallTask {
  /** Of the endpoint. */
  readonly url: string;
  readonly asked: Asked;
  readonly connections: number;
  /** Requests a second, whether or not earlier ones were answered; absent = each connection asks as fast as it is answered. */
  readonly perSecond?: number;
  /** `Infinity` = until the callers are stopped. */
  readonly durationMs: number;
  /** Whether every answer is reported, not their percentiles alone. */
  readonly listsAnswers?: boolean;
}

export interface CallReport {
  readonly answered: number;
  readonly perSecond: number;
  /** Milliseconds from the sending of a request to the last byte of its answer; from when it was due, where no connection was free. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly longest: number };
  /** Share of the time that the callers' own event loop was busy: near 1, they are what was measured. */
  readonly busy: number;
  /** Bytes of a body, median. */
  readonly bodyBytes: number;
  /** With `listsAnswers`: when each was sent, epoch milliseconds, and how long it took. */
  readonly answers: readonly { readonly sentAtMs: number; readonly latencyMs: number }[];
}

export interface WalkTask {
  readonly url: string;
  /** Of all pages together. */
  readonly rows: number;
}

export interface WalkReport {
  readonly pages: number;
  /** Of the answers alone: what the caller does with them is not counted. */
  readonly durationMs: number;
  /** Medians of the first and of the last tenth of the pages, milliseconds. */
  readonly firstDecileMs: number;
  readonly lastDecileMs: number;
}
