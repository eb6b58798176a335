/** The log: one line of JSON per event on standard output. The level decides what is written; nothing else does. */

import { type Logger, pino } from 'pino';

/**
 * A pino logger. Times are ISO 8601 in UTC.
 *
 * @param options.level a pino level, or `silent`
 * @param options.thread stands in every line; default: in none
 */
export function createLogger({
  level,
  thread,
}: {
  readonly level: string;
  readonly thread?: string;
}): Logger {
  const base = thread === undefined ? null : { thread };
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime });
}
