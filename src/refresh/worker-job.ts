/**
 * The refresh job as the serving thread sees it: a thread that is asked to do it.
 *
 * A thread ends with the run that succeeds, so that between two refreshes nothing of one is in memory. After a failure it
 * is kept for the next try: it knows which token was refused, and who asked to be left alone. One that dies fails the
 * run under way, and one that does not let go after a cancel is ended; the next run gets a new one. No answer of an
 * earlier run ever reaches a later one. A snapshot that could not be stored goes with the next runs, as long as it is
 * served: Defender may have nothing newer for half a day.
 */

import type { Clock } from '../core/clock.ts';
import { type GatewayError, invariant } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import { createCancelledError } from './failure.ts';
import type { RefreshJob, RefreshJobRequest, RefreshResult } from './refresh-job.ts';
import type { UpstreamEndpoint } from './refresh-status.ts';
import { createDeathError, spawnThread } from './thread-death.ts';
import {
  type CallBudget,
  type ErrorFacts,
  type FromRefreshThread,
  fromErrorFacts,
  type RefreshPort,
  type ToRefreshThread,
  toErrorFacts,
} from './worker-protocol.ts';

/** A thread that serves refresh jobs; a `Worker` of node:worker_threads is one. */
export interface RefreshThread extends RefreshPort {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (exitCode: number) => void): unknown;
  /** Ends it wherever it is; `exit` follows. */
  terminate(): Promise<unknown>;
}

export interface WorkerJobOptions<Notice> {
  /** Starts a thread; called for a run that finds none. */
  readonly spawn: () => RefreshThread;
  readonly budget: CallBudget;
  readonly clock: Clock;
  readonly onNotice: (notice: Notice) => void;
  /** How long a cancelled run may take to let go before its thread is ended. Default 5,000. */
  readonly cancelGraceMs?: number;
}

/** Dispose it to end the thread; a run under way is then cancelled. */
export interface WorkerJob extends RefreshJob, AsyncDisposable {}

interface PendingRun {
  readonly request: RefreshJobRequest;
  readonly thread: RefreshThread;
  resolve(result: RefreshResult): void;
  reject(error: GatewayError): void;
}

const SUBJECT = 'The refresh thread';

export function createWorkerJob<Notice>(options: WorkerJobOptions<Notice>): WorkerJob {
  const { spawn, budget, clock, onNotice, cancelGraceMs = 5 * SECOND_MS } = options;
  let thread: RefreshThread | null = null;
  let pending: PendingRun | null = null;
  let isDisposed = false;
  let unstored: EncodedSnapshot | null = null;

  return {
    async run(request) {
      invariant(pending === null, 'The refresh thread must not be given a run beside another.');
      if (isDisposed || request.signal.aborted) throw createCancelledError();
      thread ??= openThread();
      const runThread = thread;
      const settled = new AbortController();
      const cancelled = () => cancelRun(request, settled.signal);
      try {
        const result = await new Promise<RefreshResult>((resolve, reject) => {
          pending = { request, thread: runThread, resolve, reject };
          request.signal.addEventListener('abort', cancelled, { once: true });
          const { runId: jobId, previous } = request;
          // What is no longer served must not take the place of what is stored.
          if (unstored?.manifest.revision !== previous?.revision) unstored = null;
          const revision = (previous?.revision ?? 0) + 1;
          post(runThread, { type: 'run', jobId, revision, previous, unstored });
        });
        await runThread.terminate();
        return result;
      } finally {
        pending = null;
        request.signal.removeEventListener('abort', cancelled);
        settled.abort();
      }
    },

    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await thread?.terminate();
    },
  };

  function openThread(): RefreshThread {
    let deathCause: unknown;
    const opened = spawnThread(SUBJECT, spawn);
    opened.on('message', (message) => receive(opened, message as FromRefreshThread<Notice>));
    opened.on('error', (error) => {
      deathCause = error;
    });
    opened.on('exit', (exitCode) => {
      if (thread === opened) thread = null;
      if (pending?.thread !== opened) return;
      const wasStopped = isDisposed || pending.request.signal.aborted;
      pending.reject(wasStopped ? createCancelledError() : createDeathError(SUBJECT, exitCode, deathCause));
    });
    return opened;
  }

  /** Asks first, and ends the thread when it does not answer in time: it may be deep in a computation. */
  function cancelRun({ runId }: RefreshJobRequest, settled: AbortSignal): void {
    const cancelledThread = pending?.thread;
    if (cancelledThread === undefined) return;
    post(cancelledThread, { type: 'cancel', jobId: runId });
    clock
      .sleep(cancelGraceMs, settled)
      .then(() => cancelledThread.terminate())
      .catch(() => {});
  }

  function receive(sender: RefreshThread, message: FromRefreshThread<Notice>): void {
    switch (message.type) {
      case 'notice':
        onNotice(message.notice);
        break;
      case 'budget':
        answerBudget(sender, message.callId, message.endpoint, message.retryAtMs);
        break;
      case 'progress':
        findPending(message.jobId)?.request.onProgress(message.progress);
        break;
      case 'built': {
        const storeFailure = message.storeFailure === null ? null : fromErrorFacts(message.storeFailure);
        unstored = storeFailure === null ? null : message.snapshot;
        findPending(message.jobId)?.resolve({ outcome: 'BUILT', snapshot: message.snapshot, storeFailure });
        break;
      }
      case 'storedLate':
        if (findPending(message.jobId) !== undefined) unstored = null;
        break;
      case 'unchanged': {
        const { source, generatedAtMs } = message;
        findPending(message.jobId)?.resolve({ outcome: 'UNCHANGED', source, generatedAtMs });
        break;
      }
      case 'failed':
        findPending(message.jobId)?.reject(fromErrorFacts(message.error));
        break;
    }
  }

  function findPending(jobId: string): PendingRun | undefined {
    return pending?.request.runId === jobId ? pending : undefined;
  }

  /** Never rejects. */
  async function answerBudget(
    asker: RefreshThread,
    callId: number,
    endpoint: UpstreamEndpoint,
    retryAtMs: number | null,
  ): Promise<void> {
    let error: ErrorFacts | null = null;
    try {
      if (retryAtMs !== null) await budget.noteThrottled(endpoint, retryAtMs);
      else if (pending !== null) await budget.acquire(endpoint, pending.request.signal);
      else throw createCancelledError();
    } catch (refusal) {
      error = toErrorFacts(refusal);
    }
    post(asker, { type: 'budgetAnswered', callId, error });
  }
}

function post(thread: RefreshThread, message: ToRefreshThread): void {
  thread.postMessage(message);
}
