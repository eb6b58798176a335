/**
 * The refresh thread without a thread: the same composition over the same protocol, in the thread of the test, by
 * simulated time. Time stands still while a refresh works, and passes while it waits.
 *
 * Messages are copied as between threads. It is one that dies when it is told to, never by itself.
 */

import { EventEmitter } from 'node:events';
import { composeRefresh, type RefreshWork } from '../../src/compose-refresh.ts';
import type { SpawnRefreshThread } from '../../src/compose-refresher.ts';
import { createCancelledError } from '../../src/refresh/failure.ts';
import { type RefreshHandler, serveRefreshJobs } from '../../src/refresh/worker-server.ts';
import type { RefreshNotice } from '../../src/refresh-threads.ts';
import type { SimulatedTime } from './simulated-time.ts';

export function createRefreshInProcess(time: SimulatedTime, random: () => number): SpawnRefreshThread {
  return ({ config, version }) => {
    const outside = new EventEmitter();
    const inside = new EventEmitter();
    const end = new AbortController();
    const carry = (to: EventEmitter, message: unknown): void => {
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => {
        if (!end.signal.aborted) to.emit('message', copy);
      });
    };
    let work: RefreshWork | undefined;
    serveRefreshJobs<RefreshNotice>(
      {
        postMessage: (message) => carry(outside, message),
        on: (event, listener) => inside.on(event, listener),
      },
      time.clock,
      (servingThread) => {
        work = composeRefresh({ config, version, clock: time.clock, random, servingThread });
        return untilEnd(holdTime(work.handler, time), end.signal);
      },
    );
    return {
      postMessage: (message) => carry(inside, message),
      on: (event: string, listener: (value: never) => void) =>
        outside.on(event, listener as (value: unknown) => void),
      terminate: async () => {
        if (end.signal.aborted) return;
        end.abort(createCancelledError());
        await work?.[Symbol.asyncDispose]();
        outside.emit('exit', 1);
      },
    };
  };
}

/** Time stands still from the beginning of a run to its end, but for its waits. */
function holdTime(handler: RefreshHandler, time: SimulatedTime): RefreshHandler {
  return async (request) => {
    let release = time.hold();
    try {
      return await handler({
        ...request,
        onProgress: (progress) => {
          if (progress.phase !== undefined) {
            release();
            if (progress.phase !== 'WAITING') release = time.hold();
          }
          request.onProgress(progress);
        },
      });
    } finally {
      release();
    }
  };
}

/** A run whose thread was ended does nothing more. */
function untilEnd(handler: RefreshHandler, end: AbortSignal): RefreshHandler {
  return (request) => handler({ ...request, signal: AbortSignal.any([request.signal, end]) });
}
