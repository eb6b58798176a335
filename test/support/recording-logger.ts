/** A logger that keeps its lines, for a test to read. */

import type { LogFields, Logger } from '../../src/core/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
  /** The messages at or above `info`. */
  readonly messages: readonly string[];
  /** Resolves once the message has been logged so many times. */
  until(message: string, times: number): Promise<void>;
}

export function createRecordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const at = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, message, fields });
    for (const check of waiting) check();
  };
  return {
    lines,
    get messages() {
      return lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
    },
    until: (message, times) =>
      new Promise((resolve) => {
        const check = () => {
          if (lines.filter((line) => line.message === message).length < times) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
