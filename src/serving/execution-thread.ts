/**
 * A thread for what would keep a serving thread: it is started when it is first needed, holds the snapshot that it was
 * given last, and is started again after its end. What it was at when it ended has failed, and nothing else has.
 *
 *   serving thread                                           execution thread
 *     job (task, snapshot unless it is held, end flag)  ─────>
 *                                                       <─────  done | failed
 *     forget                                            ─────>
 *
 * The end of a job is a flag in shared memory, which a thread sees that does not come to read messages. One that goes
 * on long after it is ended.
 */

import { toCauseText } from '../core/cause-text.ts';
import type { Clock } from '../core/clock.ts';
import { SECOND_MS } from '../core/units.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { ServingPort } from './serving-protocol.ts';
import { type ServingWorker, type ThreadEnd, toEndReason } from './serving-thread.ts';

export type ToExecutionThread<Task> =
  | {
      readonly type: 'job';
      readonly jobId: number;
      readonly task: Task;
      /** `null` = without one; `'held'` = the one that came last. */
      readonly snapshot: EncodedSnapshot | null | 'held';
      /** Its first number is no longer 0 once nobody waits for the job. */
      readonly end: SharedArrayBuffer;
    }
  /** Let go of the snapshot that came last. */
  | { readonly type: 'forget' };

export type FromExecutionThread<Result> =
  | { readonly type: 'done'; readonly jobId: number; readonly result: Result }
  | { readonly type: 'failed'; readonly jobId: number; readonly causeText: string };

export interface ExecutionThread<Task, Result> extends AsyncDisposable {
  /**
   * Has a task done over a snapshot.
   *
   * @param watch calls when nobody waits any more; returns how to stop that
   * @throws Error when it failed, or the thread has ended
   */
  execute(task: Task, snapshot: Snapshot | null, watch: (onEnd: () => void) => () => void): Promise<Result>;
  /** Lets go of the snapshot that it holds, once no job needs it. */
  forget(): void;
}

export interface ExecutionThreadOptions {
  /** Starts a thread. */
  readonly spawn: () => ServingWorker;
  readonly clock: Clock;
  /** Told when a thread has ended without being told to. */
  readonly onEnded: (end: ThreadEnd) => void;
}

/** What goes on for so long after its end does not look at the flag, and never will. */
export const END_TIMEOUT_MS = 5 * SECOND_MS;

export function createExecutionThread<Task, Result>(
  options: ExecutionThreadOptions,
): ExecutionThread<Task, Result> {
  const { spawn, clock, onEnded } = options;
  const disposing = new AbortController();
  let running: RunningThread<Task, Result> | undefined;

  return {
    async execute(task, snapshot, watch) {
      disposing.signal.throwIfAborted();
      running ??= openRunningThread<Task, Result>(spawn(), (end) => {
        running = undefined;
        if (!disposing.signal.aborted) onEnded(end);
      });
      const thread = running;
      const end = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
      const finished = new AbortController();
      const stopWatching = watch(() => {
        Atomics.store(new Int32Array(end), 0, 1);
        void clock.sleep(END_TIMEOUT_MS, finished.signal).then(thread.terminate, () => undefined);
      });
      try {
        return await thread.execute(task, snapshot, end);
      } finally {
        stopWatching();
        finished.abort();
      }
    },
    forget: () => running?.forget(),
    async [Symbol.asyncDispose]() {
      disposing.abort(new Error('The execution thread has been stopped.'));
      await running?.terminate();
    },
  };
}

interface RunningThread<Task, Result> {
  execute(task: Task, snapshot: Snapshot | null, end: SharedArrayBuffer): Promise<Result>;
  forget(): void;
  /** Ends it, as one that does not respond. */
  terminate(): Promise<void>;
}

function openRunningThread<Task, Result>(
  worker: ServingWorker,
  onEnded: (end: ThreadEnd) => void,
): RunningThread<Task, Result> {
  const jobs = new Map<number, PromiseWithResolvers<Result>>();
  const ended = Promise.withResolvers<void>();
  let jobCount = 0;
  let heldId: string | undefined;
  let isUnresponsive = false;
  let deathCause: unknown;

  worker.on('message', (message) => receive(message as FromExecutionThread<Result>));
  worker.on('error', (error) => {
    deathCause = error;
  });
  worker.on('exit', () => {
    const reason = toEndReason(isUnresponsive, deathCause);
    for (const job of jobs.values()) job.reject(new Error(`The execution thread has ended: ${reason}.`));
    jobs.clear();
    ended.resolve();
    onEnded({ reason, error: deathCause });
  });

  function receive(message: FromExecutionThread<Result>): void {
    const job = jobs.get(message.jobId);
    jobs.delete(message.jobId);
    if (message.type === 'done') job?.resolve(message.result);
    else job?.reject(new Error(message.causeText));
  }

  const post = (message: ToExecutionThread<Task>) => worker.postMessage(message);

  return {
    execute(task, snapshot, end) {
      jobCount += 1;
      const job = Promise.withResolvers<Result>();
      jobs.set(jobCount, job);
      const isHeld = snapshot !== null && snapshot.manifest.id === heldId;
      const sent = isHeld ? 'held' : (snapshot?.encoded ?? null);
      if (snapshot !== null) heldId = snapshot.manifest.id;
      post({ type: 'job', jobId: jobCount, task, snapshot: sent, end });
      return job.promise;
    },
    forget() {
      heldId = undefined;
      post({ type: 'forget' });
    },
    async terminate() {
      isUnresponsive = true;
      await worker.terminate();
      await ended.promise;
    },
  };
}

/**
 * The other end: does each job as it comes, one after the other.
 *
 * @param open makes of a snapshot what jobs are done over
 * @param transfer what of a result changes hands, and is not copied
 */
export function followJobs<Task, Opened, Result>(
  port: ServingPort & { postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void },
  open: (snapshot: EncodedSnapshot) => Opened,
  execute: (task: Task, snapshot: Opened | null, isOver: () => boolean) => Promise<Result>,
  transfer: (result: Result) => readonly ArrayBuffer[],
): void {
  let held: Opened | null = null;
  let previous = Promise.resolve();
  port.on('message', (message) => {
    previous = previous.then(() => obey(message as ToExecutionThread<Task>));
  });

  async function obey(message: ToExecutionThread<Task>): Promise<void> {
    if (message.type === 'forget') {
      held = null;
      return;
    }
    const { jobId, task, snapshot, end } = message;
    try {
      if (snapshot !== null && snapshot !== 'held') held = open(snapshot);
      const flag = new Int32Array(end);
      const result = await execute(task, snapshot === null ? null : held, () => Atomics.load(flag, 0) !== 0);
      port.postMessage(
        { type: 'done', jobId, result } satisfies FromExecutionThread<Result>,
        transfer(result),
      );
    } catch (error) {
      const causeText = toCauseText(error);
      port.postMessage({ type: 'failed', jobId, causeText } satisfies FromExecutionThread<Result>, []);
    }
  }
}
