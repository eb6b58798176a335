/**
 * What caused an error, as text for the log. Of errors it takes name, message, code and stack, never what else a library
 * has hung on them: an HTTP parser's error holds the bytes that it could not read, with whatever secrets were among them.
 */

import { inspect } from 'node:util';
import { redact } from './redaction.ts';

const MAXIMUM_LENGTH = 8_000;
const MAXIMUM_DEPTH = 5;

/** The chain of causes, from the outside in: without secrets, at most 8,000 characters. */
export function toCauseText(cause: unknown): string {
  const texts: string[] = [];
  let current = cause;
  for (let depth = 0; depth < MAXIMUM_DEPTH && current !== undefined; depth += 1) {
    if (!(current instanceof Error)) {
      texts.push(typeof current === 'string' ? current : inspect(current));
      break;
    }
    const { code } = current as { readonly code?: unknown };
    const stack = current.stack ?? `${current.name}: ${current.message}`;
    texts.push(typeof code === 'string' ? `${stack} (${code})` : stack);
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return redact(texts.join('\ncaused by ')).slice(0, MAXIMUM_LENGTH);
}
