/** The gateway's own logger, whose lines a test reads as they would stand in the log. */

import pino from 'pino';
import type { HttpLogger } from '../../src/http/ports.ts';

export interface LogCollector {
  readonly log: HttpLogger;
  /** All lines so far, of `info` and above. */
  said(): string;
}

export function createLogCollector(): LogCollector {
  const lines: string[] = [];
  return {
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    said: () => lines.join(''),
  };
}
