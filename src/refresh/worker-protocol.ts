/**
 * What the serving thread and the refresh thread say to each other.
 *
 * Messages are plain data and shared buffers: a snapshot crosses without a byte of it being copied, an error as its
 * facts. The ledger of upstream calls lives beside the refresher, so the refresh thread asks for each call.
 *
 *   serving thread (worker-job.ts)                     refresh thread (worker-server.ts)
 *     run, cancel, budgetAnswered  ─────>
 *     <─────  progress, budget, notice, storedLate, built | unchanged | failed
 */

import { toCauseText } from '../core/cause-text.ts';
import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import type { EncodedSnapshot, SnapshotSource } from '../snapshot/format.ts';
import { toGatewayError } from './failure.ts';
import type { RefreshJobProgress, ServedSnapshot } from './refresh-job.ts';
import type { UpstreamEndpoint } from './refresh-status.ts';

/** One end of a channel; a `MessagePort` and a `Worker` are one. */
export interface RefreshPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Leave for calls upstream; the same port on both sides of the channel. */
export interface CallBudget {
  /** Resolves when one call may be made now, and counts it; rejects when it may not, or once aborted. */
  acquire(endpoint: UpstreamEndpoint, signal: AbortSignal): Promise<void>;
  /** Defender has refused a call: no further one before this instant (epoch milliseconds). */
  noteThrottled(endpoint: UpstreamEndpoint, retryAtMs: number): Promise<void>;
}

export type ToRefreshThread =
  | {
      readonly type: 'run';
      readonly jobId: string;
      readonly revision: number;
      readonly previous: ServedSnapshot | null;
      /** The served snapshot, where it could not be stored; `null` where it was, or none is served. */
      readonly unstored: EncodedSnapshot | null;
    }
  | { readonly type: 'cancel'; readonly jobId: string }
  | {
      /** The answer to `budget`; a refusal is an error. */
      readonly type: 'budgetAnswered';
      readonly callId: number;
      readonly error: ErrorFacts | null;
    };

/** @template Notice what the two composition roots tell each other besides: log lines, metrics; plain data */
export type FromRefreshThread<Notice> =
  | { readonly type: 'progress'; readonly jobId: string; readonly progress: RefreshJobProgress }
  | {
      /** A call of the budget's `acquire`, or of its `noteThrottled` when there is an instant. */
      readonly type: 'budget';
      readonly callId: number;
      readonly endpoint: UpstreamEndpoint;
      readonly retryAtMs: number | null;
    }
  | { readonly type: 'notice'; readonly notice: Notice }
  /** What came as `unstored` is stored now. */
  | { readonly type: 'storedLate'; readonly jobId: string }
  | {
      readonly type: 'built';
      readonly jobId: string;
      readonly snapshot: EncodedSnapshot;
      readonly storeFailure: ErrorFacts | null;
    }
  | {
      readonly type: 'unchanged';
      readonly jobId: string;
      readonly source: SnapshotSource;
      readonly generatedAtMs: number | null;
    }
  | { readonly type: 'failed'; readonly jobId: string; readonly error: ErrorFacts };

/** An error between two threads. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAtMs: number | null;
  /** What caused it, as text for the log: without secrets, of bounded length. */
  readonly causeText: string | null;
}

/** The facts of an error; one that is not ours becomes `INTERNAL_SERVER_ERROR` with its text as the cause. */
export function toErrorFacts(error: unknown): ErrorFacts {
  const { code, message, retryable, retryAtMs, cause } = toGatewayError(error);
  const causeText = cause === undefined ? null : toCauseText(cause);
  return { code, message: redact(message), retryable, retryAtMs: retryAtMs ?? null, causeText };
}

/** The error again, with the text of its cause as `cause`. */
export function fromErrorFacts({ code, message, retryable, retryAtMs, causeText }: ErrorFacts): GatewayError {
  return new GatewayError(code, message, {
    retryable,
    ...(retryAtMs === null ? {} : { retryAtMs }),
    ...(causeText === null ? {} : { cause: causeText }),
  });
}
