/**
 * Waiting of a request before it is executed: until it is its turn, for no longer than the request may take, and not at all
 * once its connection has closed.
 */

import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';

/** Whose request waits, and since when it is here, by the clock that never goes back. */
export interface WaitingRequest {
  readonly answer: Pick<ServerResponse, 'once' | 'off' | 'destroyed'>;
  readonly arrivedAtMs: number;
}

/** Gets in line: calls `begin` now or later; `undefined` when it has, else what gets out of the line again. */
export type EnterLine = (begin: () => void) => (() => void) | undefined;

/**
 * Gets a request in line, and calls back once: with nothing when it is its turn; with DEADLINE_EXCEEDED when its time is up or
 * nobody waits for its answer any more, and it has left the line.
 */
export type BoundedWait = (
  request: WaitingRequest,
  enter: EnterLine,
  done: (error?: GatewayError) => void,
) => void;

/** Nobody reads why a wait was given up; an error for each would take longer than the rest of the wait. */
const SETTLED = 'settled';

/** @param options.deadlineMs how long a request may take from its arrival; 0 = as long as it takes */
export function createBoundedWait(options: {
  readonly deadlineMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly monotonicNowMs: () => number;
}): BoundedWait {
  const { deadlineMs, clock, monotonicNowMs } = options;

  return ({ answer, arrivedAtMs }, enter, done) => {
    if (answer.destroyed) return done(connectionClosed());
    let settle: ((error?: GatewayError) => void) | undefined = done;
    let waiting: AbortController | undefined;
    const end = (error?: GatewayError): void => {
      if (settle === undefined) return;
      const callBack = settle;
      settle = undefined;
      answer.off('close', close);
      waiting?.abort(SETTLED);
      if (error !== undefined) leave?.();
      callBack(error);
    };
    const close = (): void => end(connectionClosed());
    const leave = enter(() => end());
    if (leave === undefined) return;
    answer.once('close', close);
    if (deadlineMs === 0) return;
    waiting = new AbortController();
    const leftMs = Math.max(0, arrivedAtMs + deadlineMs - monotonicNowMs());
    clock.sleep(leftMs, waiting.signal).then(
      () => end(timeIsUp(deadlineMs)),
      () => undefined,
    );
  };
}

function timeIsUp(deadlineMs: number): GatewayError {
  const rule = `be begun within ${deadlineMs} ms`;
  return new GatewayError(
    'DEADLINE_EXCEEDED',
    `The request must ${rule}, but was still waiting: for its turn among others, or for answers of its caller to be read. Ask for fewer at a time, and read what was answered.`,
    { rule, retryable: true },
  );
}

function connectionClosed(): GatewayError {
  return new GatewayError(
    'DEADLINE_EXCEEDED',
    'The request must have somebody who waits for its answer, but the connection was closed before it was begun. Ask again.',
    { rule: 'have somebody who waits for its answer', retryable: true },
  );
}
