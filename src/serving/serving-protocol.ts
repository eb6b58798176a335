/**
 * What the main thread and a further serving thread say to each other.
 *
 * Messages are plain data and shared buffers: a snapshot crosses without a byte of it being copied. Both ends keep
 * the order of messages, so that a thread that has acknowledged a snapshot never answers from an older one.
 *
 *   main thread (serving-thread.ts)                       serving thread (main-thread.ts)
 *                                         <─────  booted
 *     serve (snapshot, address, policy)   ─────>
 *                                         <─────  listening
 *     publish | policy | gather           ─────>
 *                                         <─────  done
 *     answer                              ─────>  to ask
 *     stop                                ─────>
 *                                         <─────  stopped
 */

import type { AccessPolicy } from '../core/access-policy.ts';
import { toCauseText } from '../core/cause-text.ts';
import { type ErrorCode, findGatewayError, GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';

/** One end of a channel; a `MessagePort` and a `Worker` are one. */
export interface ServingPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Where to listen, together with the other threads. */
export interface ServingAddress {
  /** Host name or address, IPv6 without brackets. */
  readonly host: string;
  /** Never 0: the port that the first thread got. */
  readonly port: number;
}

export type ToServingThread =
  | {
      /** Listen, and answer from this snapshot: the newest one, `null` before the first. */
      readonly type: 'serve';
      readonly snapshot: EncodedSnapshot | null;
      readonly address: ServingAddress;
      /** What callers are granted; `null` where they are not identified. */
      readonly policy: AccessPolicy | null;
    }
  | {
      /** Answer from this snapshot from now on. */
      readonly type: 'publish';
      readonly callId: number;
      readonly snapshot: EncodedSnapshot;
    }
  | {
      /** Judge callers by this policy from now on. */
      readonly type: 'policy';
      readonly callId: number;
      readonly policy: AccessPolicy;
    }
  | {
      /** Say what was measured since the thread began. */
      readonly type: 'gather';
      readonly callId: number;
    }
  | {
      readonly type: 'answer';
      readonly callId: number;
      readonly answer: unknown;
      readonly refusal: Refusal | null;
    }
  | { readonly type: 'stop'; readonly graceMs: number };

/** @template Measurements plain data that the metrics understand */
export type FromServingThread<Measurements> =
  | { readonly type: 'booted' }
  | { readonly type: 'listening' }
  | {
      /** `publish`, `policy` or `gather` is done; `measurements` for the last. */
      readonly type: 'done';
      readonly callId: number;
      readonly measurements: Measurements | null;
    }
  | {
      /** A question to the main thread, by its name, with what it needs to know: plain data. */
      readonly type: 'ask';
      readonly callId: number;
      readonly question: string;
      readonly argument?: unknown;
    }
  | { readonly type: 'stopped' };

/** What a question is asked with: the argument of one that is declared as a function of it, nothing of any other. */
export type ArgumentsOf<Answer> = Answer extends (argument: infer Argument) => unknown ? [Argument] : [];

/** What a question is answered with: the result of one that is declared as a function. */
export type AnswerOf<Answer> = Answer extends (argument: never) => infer Result ? Result : Answer;

/** An error between two threads. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** What caused it, as text for the log: without secrets, of bounded length. */
  readonly causeText: string | null;
}

/** The facts of an error; one that is not ours becomes `INTERNAL_SERVER_ERROR` with its text as the cause. */
export function toRefusal(error: unknown): Refusal {
  const known = findGatewayError(error);
  const cause = known === undefined ? error : known.cause;
  return {
    code: known?.code ?? 'INTERNAL_SERVER_ERROR',
    message: redact(known?.message ?? 'The main thread of the gateway could not answer; see the log.'),
    causeText: cause === undefined ? null : toCauseText(cause),
  };
}

/** The error again, with the text of its cause as `cause`. */
export function fromRefusal({ code, message, causeText }: Refusal): GatewayError {
  return new GatewayError(code, message, causeText === null ? {} : { cause: causeText });
}
