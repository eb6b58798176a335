/**
 * What the threads of a refresh are given, and what they tell the serving one beside results: log lines, upstream
 * requests and retries.
 */

import type { Config } from './config/config.ts';
import type { LogFields, Logger } from './core/logger.ts';
import { redact } from './core/redaction.ts';

/** What the refresh thread and its ingest threads start with. */
export interface RefreshWorkerData {
  readonly config: Config;
  readonly version: string;
}

export type RefreshNotice =
  | {
      readonly kind: 'log';
      readonly level: keyof Logger;
      readonly fields: LogFields;
      readonly message: string;
    }
  | { readonly kind: 'upstreamRequest'; readonly endpoint: string; readonly status: number | null }
  /** An attempt failed with this code and is made again. */
  | { readonly kind: 'upstreamRetry'; readonly code: string };

/** What the upstream client tells of its requests, as notices. */
export function createForwardingObservers(notify: (notice: RefreshNotice) => void) {
  return {
    onRequest: (endpoint: string, status: number | null) =>
      notify({ kind: 'upstreamRequest', endpoint, status }),
    onRetry: ({ code }: { readonly code: string }) => notify({ kind: 'upstreamRetry', code }),
  };
}

/** A log whose lines go as notices. Errors cannot cross between threads as they are: fields go as plain data. */
export function createForwardingLogger(notify: (notice: RefreshNotice) => void): Logger {
  const forward =
    (level: keyof Logger) =>
    (fields: LogFields, message: string): void => {
      const plain = JSON.parse(JSON.stringify(fields, toPlain)) as LogFields;
      notify({ kind: 'log', level, fields: plain, message: redact(message) });
    };
  return { debug: forward('debug'), info: forward('info'), warn: forward('warn'), error: forward('error') };
}

/** Text by text: what is redacted in the JSON of the whole may be JSON no more. */
function toPlain(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
}
