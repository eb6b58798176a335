/**
 * Cuts connections whose reader takes nothing of an answer that waits for it: such an answer would be held in memory for as
 * long as the reader likes. What counts is that something is taken, be it slowly; how long the whole takes does not.
 *
 * Time is the number of looks, so that a clock that is put forward cuts nobody.
 */

import type { ServerResponse } from 'node:http';
import { SECOND_MS } from '../core/units.ts';

/** Between two looks. */
export const LOOK_INTERVAL_MS = 5 * SECOND_MS;
/** Looks in a row at which nothing more had been taken than at the first of them: half a minute and no less. */
export const LOOKS_WITHOUT_PROGRESS = 6;

/** An answer, as far as it is watched. The connection is `null` until those before it are done, and once it has closed. */
export interface WatchedAnswer {
  readonly socket: Pick<
    NonNullable<ServerResponse['socket']>,
    'bytesWritten' | 'writableLength' | 'destroy'
  > | null;
}

export interface ReaderWatch {
  /** Looks at the answers that are under way now; to be called once every {@link LOOK_INTERVAL_MS}. */
  look(answers: Iterable<WatchedAnswer>): void;
  /** Whether the connection of an answer was cut for this. */
  wasCut(answer: WatchedAnswer): boolean;
}

/** Does something again and again until it is disposed. */
export type Repeat = (intervalMs: number, action: () => void) => Disposable;

/** By a timer of the machine, as Node's own timeouts of connections are, which does not keep the process alive. */
export const repeatByTimer: Repeat = (intervalMs, action) => setInterval(action, intervalMs).unref();

interface Progress {
  readonly takenBytes: number;
  readonly looks: number;
}

export function createReaderWatch(): ReaderWatch {
  const progressOf = new WeakMap<WatchedAnswer, Progress>();
  const cut = new WeakSet<WatchedAnswer>();

  function lookAt(answer: WatchedAnswer): void {
    const { socket } = answer;
    if (socket === null || socket.writableLength === 0) {
      progressOf.delete(answer);
      return;
    }
    // Of what the connection was given, that which the system has taken: the one piece that it is taking counts when it has it whole.
    const takenBytes = socket.bytesWritten - socket.writableLength;
    const before = progressOf.get(answer);
    if (before === undefined || before.takenBytes !== takenBytes) {
      progressOf.set(answer, { takenBytes, looks: 0 });
    } else if (before.looks + 1 < LOOKS_WITHOUT_PROGRESS) {
      progressOf.set(answer, { takenBytes, looks: before.looks + 1 });
    } else {
      cut.add(answer);
      socket.destroy();
    }
  }

  return {
    look: (answers) => {
      for (const answer of answers) lookAt(answer);
    },
    wasCut: (answer) => cut.has(answer),
  };
}
