/** The log: one line of JSON per event on standard output. The level decides what is written; nothing else does. */

import { type Logger, pino } from 'pino';

/**
 * A pino logger. Times are ISO 8601 in UTC.
 *
 * @param options.level a pino level, or `silent`
 */
export function createLogger({ level }: { readonly level: string }): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
