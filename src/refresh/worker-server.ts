/**
 * The refresh thread's end of the channel: takes run requests, and sends back progress and the result.
 *
 * Whatever a handler throws becomes a `failed` message; it never ends the thread. Progress is sent at most ten times
 * a second, but for a new phase at once and for the last word before the result.
 */

import type { Clock } from '../core/clock.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import { createCancelledError } from './failure.ts';
import type { RefreshJobProgress, RefreshResult, ServedSnapshot } from './refresh-job.ts';
import type { UpstreamEndpoint } from './refresh-status.ts';
import {
  type CallBudget,
  type FromRefreshThread,
  fromErrorFacts,
  type RefreshPort,
  type ToRefreshThread,
  toErrorFacts,
} from './worker-protocol.ts';

/** Shortest time between two progress messages within one phase. */
export const PROGRESS_INTERVAL_MS = 100;

/** What the refresh thread may ask of the serving thread and tell it; lives as long as the channel. */
export interface ServingThread<Notice> {
  readonly budget: CallBudget;
  notify(notice: Notice): void;
}

export interface RefreshHandlerRequest {
  readonly previous: ServedSnapshot | null;
  /** The revision of the snapshot to build. */
  readonly revision: number;
  /** The served snapshot, where it could not be stored when it was built: to be tried again. */
  readonly unstored?: UnstoredSnapshot;
  readonly signal: AbortSignal;
  onProgress(progress: RefreshJobProgress): void;
}

export interface UnstoredSnapshot {
  readonly snapshot: EncodedSnapshot;
  /** It is stored now, and need not be tried with the next run. */
  onStored(): void;
}

export type RefreshHandler = (request: RefreshHandlerRequest) => Promise<RefreshResult>;

/**
 * Serves until the port is closed.
 *
 * @param createHandler called once, at once, with the thread that it works for
 */
export function serveRefreshJobs<Notice>(
  port: RefreshPort,
  clock: Clock,
  createHandler: (servingThread: ServingThread<Notice>) => RefreshHandler,
): void {
  const post = (message: FromRefreshThread<Notice>) => port.postMessage(message);
  const calls = createBudgetCalls((question) => post({ type: 'budget', ...question }));
  const runs = new Map<string, AbortController>();
  const handler = createHandler({
    budget: calls.budget,
    notify: (notice) => post({ type: 'notice', notice }),
  });

  port.on('message', (raw) => {
    const message = raw as ToRefreshThread;
    switch (message.type) {
      case 'run':
        runJob(message);
        return;
      case 'cancel':
        runs.get(message.jobId)?.abort(createCancelledError());
        return;
      case 'budgetAnswered':
        calls.settle(message.callId, message.error === null ? null : fromErrorFacts(message.error));
        return;
    }
  });

  /** Never rejects. */
  async function runJob({ jobId, revision, previous, unstored }: RunMessage): Promise<void> {
    const abort = new AbortController();
    runs.set(jobId, abort);
    const progress = createProgressThrottle(clock, (changes) =>
      post({ type: 'progress', jobId, progress: changes }),
    );
    const onStored = () => post({ type: 'storedLate', jobId });
    let answer: FromRefreshThread<Notice>;
    try {
      const result = await handler({
        revision,
        previous,
        ...(unstored === null ? {} : { unstored: { snapshot: unstored, onStored } }),
        signal: abort.signal,
        onProgress: progress.report,
      });
      answer = toAnswer(jobId, result);
    } catch (error) {
      answer = { type: 'failed', jobId, error: toErrorFacts(error) };
    }
    runs.delete(jobId);
    progress.flush();
    post(answer);
  }
}

type RunMessage = Extract<ToRefreshThread, { type: 'run' }>;

function toAnswer(jobId: string, result: RefreshResult): FromRefreshThread<never> {
  if (result.outcome === 'UNCHANGED') {
    return { type: 'unchanged', jobId, source: result.source, generatedAtMs: result.generatedAtMs };
  }
  const { snapshot, storeFailure } = result;
  return {
    type: 'built',
    jobId,
    snapshot,
    storeFailure: storeFailure === null ? null : toErrorFacts(storeFailure),
  };
}

interface BudgetQuestion {
  readonly callId: number;
  readonly endpoint: UpstreamEndpoint;
  /** `null` asks for leave; an instant notes a throttled call. */
  readonly retryAtMs: number | null;
}

/** The budget of the serving thread, as questions that wait for their answers. */
function createBudgetCalls(ask: (question: BudgetQuestion) => void): {
  readonly budget: CallBudget;
  settle(callId: number, error: Error | null): void;
} {
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  let callCount = 0;
  return {
    budget: {
      acquire: (endpoint, signal) => call(endpoint, null, signal),
      noteThrottled: (endpoint, retryAtMs) => call(endpoint, retryAtMs),
    },
    settle(callId, error) {
      // An answer may come after its call was given up; the call is then counted for nothing: the safe side.
      if (error === null) waiting.get(callId)?.resolve();
      else waiting.get(callId)?.reject(error);
    },
  };

  async function call(
    endpoint: UpstreamEndpoint,
    retryAtMs: number | null,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    callCount += 1;
    const callId = callCount;
    const answer = Promise.withResolvers<void>();
    const abandon = () => answer.reject(signal?.reason);
    waiting.set(callId, answer);
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      ask({ callId, endpoint, retryAtMs });
      await answer.promise;
    } finally {
      waiting.delete(callId);
      signal?.removeEventListener('abort', abandon);
    }
  }
}

/** Merges reports until it is time to send them. */
function createProgressThrottle(
  clock: Clock,
  send: (progress: RefreshJobProgress) => void,
): { report(progress: RefreshJobProgress): void; flush(): void } {
  let unsent: RefreshJobProgress | null = null;
  let phase: RefreshJobProgress['phase'];
  let sentAtMs = Number.NEGATIVE_INFINITY;

  const flush = () => {
    if (unsent === null) return;
    send(unsent);
    unsent = null;
    sentAtMs = clock.now();
  };
  return {
    report(progress) {
      const isNewPhase = progress.phase !== undefined && progress.phase !== phase;
      phase = progress.phase ?? phase;
      unsent = { ...unsent, ...progress };
      if (isNewPhase || Math.abs(clock.now() - sentAtMs) >= PROGRESS_INTERVAL_MS) flush();
    },
    flush,
  };
}
