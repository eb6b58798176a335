/**
 * Faults to order: what an endpoint does instead of, or to, its own answer. A rule is used up by the calls
 * that it hits; the oldest rule that matches goes first.
 */

import type { Reply } from './reply.ts';

/** What a call can be made to; `discovery` includes the signing keys. */
export type SimulatedEndpoint =
  | 'token'
  | 'deviceCode'
  | 'discovery'
  | 'managedIdentity'
  | 'paged'
  | 'export'
  | 'blob'
  | 'unknown';

/** A reply whose body is whole and in memory. */
export interface BufferedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type Fault =
  /** Answers this; the endpoint is not asked, and its quota not touched. */
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** Alters the endpoint's own answer. `content-length` is set to the body's afterwards unless it was changed. */
  | { readonly kind: 'change'; readonly change: (reply: BufferedReply) => BufferedReply }
  /** Sends that many bytes of the own body (0: not even the status line) and resets the connection. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Ends the body cleanly after that many bytes, without a content-length that would give it away. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Sends that many bytes and nothing more, with the connection open. */
  | { readonly kind: 'hang'; readonly afterBytes?: number }
  /** Waits, in simulated time, before the endpoint is asked. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Answers as if no part had been asked for. */
  | { readonly kind: 'ignoreRange' }
  /** A blob whose server-side copy has not finished: 200, empty, `x-ms-copy-status: pending`. */
  | { readonly kind: 'copyPending' };

/** The call that a rule is held against. */
export interface FaultCall {
  readonly endpoint: SimulatedEndpoint;
  readonly method: string;
  readonly url: URL;
}

export interface FaultRule {
  readonly endpoint: SimulatedEndpoint | 'any';
  readonly fault: Fault;
  /** Calls that it hits; default 1, `Infinity` for all to come. */
  readonly times?: number;
  /** Matching calls that pass before it hits; default 0. */
  readonly after?: number;
  /** Narrows the calls that match; default all of the endpoint. */
  readonly when?: (call: FaultCall) => boolean;
}

export interface FaultBook {
  add(rule: FaultRule): void;
  /** Forgets every rule. */
  clear(): void;
  /** The fault that hits this call, used up by asking. */
  take(call: FaultCall): Fault | undefined;
}

/** An empty book. */
export function createFaultBook(): FaultBook {
  let entries: { readonly rule: FaultRule; passing: number; left: number }[] = [];
  return {
    add: (rule) => {
      entries.push({ rule, passing: rule.after ?? 0, left: rule.times ?? 1 });
    },
    clear: () => {
      entries = [];
    },
    take: (call) => {
      for (const entry of entries) {
        const { endpoint, when, fault } = entry.rule;
        if (endpoint !== 'any' && endpoint !== call.endpoint) continue;
        if (when !== undefined && !when(call)) continue;
        if (entry.passing > 0) {
          entry.passing--;
          continue;
        }
        entry.left--;
        entries = entries.filter(({ left }) => left > 0);
        return fault;
      }
      return undefined;
    },
  };
}

/** The answer of a blob whose copy is pending (Azure Blob Storage, Get Blob, `x-ms-copy-*` headers). */
export function createCopyPendingReply(): Reply {
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': '0',
      'x-ms-copy-status': 'pending',
      'x-ms-copy-progress': '0/1048576',
    },
    body: null,
  };
}
