/**
 * One further serving thread as the main thread sees it, from its start to its end.
 *
 * Nothing here rejects: whatever the thread does, the worst that can come of it is its end. A thread that does not
 * switch to a new snapshot or policy in time is ended, since it would go by the old one for ever. It is not started
 * again here.
 */

import type { AccessPolicy } from '../core/access-policy.ts';
import type { Clock } from '../core/clock.ts';
import { SECOND_MS } from '../core/units.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import {
  type AnswerOf,
  type ArgumentsOf,
  type FromServingThread,
  type ServingAddress,
  type ServingPort,
  type ToServingThread,
  toRefusal,
} from './serving-protocol.ts';

/** A thread that serves; a `Worker` of node:worker_threads is one. */
export interface ServingWorker extends ServingPort {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (exitCode: number) => void): unknown;
  /** Ends it wherever it is; `exit` follows. */
  terminate(): Promise<unknown>;
}

/** What a thread can ask of the main one; synchronous answers are sent at once. */
export type ServingAnswers<Answers> = {
  readonly [Question in keyof Answers]: (
    ...argument: ArgumentsOf<Answers[Question]>
  ) => AnswerOf<Answers[Question]> | Promise<AnswerOf<Answers[Question]>>;
};

export interface ServingThreadOptions<Answers> {
  readonly worker: ServingWorker;
  readonly address: ServingAddress;
  /** The newest snapshot, asked for at the moment when the thread is ready for it. */
  readonly findSnapshot: () => EncodedSnapshot | null;
  /** The newest policy, likewise; `null` where callers are not identified. */
  readonly findPolicy: () => AccessPolicy | null;
  readonly answers: ServingAnswers<Answers>;
  readonly clock: Clock;
}

type Asked = Extract<FromServingThread<never>, { readonly type: 'ask' }>;

/** Why a thread has ended without being told to. */
export type ThreadEndReason = 'ERROR' | 'EXIT' | 'OUT_OF_MEMORY' | 'UNRESPONSIVE';

export interface ThreadEnd {
  readonly reason: ThreadEndReason;
  /** What was thrown in it; `undefined` when nothing was. */
  readonly error: unknown;
}

export interface ServingThread<Measurements> {
  readonly isListening: boolean;
  /** Whether it came to listen: `false` when it ended before. */
  readonly started: Promise<boolean>;
  readonly ended: Promise<ThreadEnd>;
  /** Resolves when it answers from this snapshot or has ended. One that boots yet will be given the newest. */
  publish(snapshot: EncodedSnapshot): Promise<void>;
  /** Resolves when it judges callers by this policy or has ended. One that boots yet will be given the newest. */
  adoptPolicy(policy: AccessPolicy): Promise<void>;
  /** Asks what it has measured, and waits a second at most for it to say. */
  gather(): Promise<void>;
  /** What it said last; `null` when it never did. */
  readonly lastMeasurements: Measurements | null;
  /** Lets it answer what is under way, then ends it; resolves when it is gone. */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/** A slice of work takes 50 ms at most and a collection of garbage seconds: whoever needs this long hangs. */
export const SWITCH_TIMEOUT_MS = 10 * SECOND_MS;
/** A scrape must not wait for a busy thread. */
export const GATHER_TIMEOUT_MS = SECOND_MS;
/** Beyond the grace period, for what is left to close. */
const STOP_MARGIN_MS = 2 * SECOND_MS;

/** Takes charge of a worker that was just started. */
export function openServingThread<Answers, Measurements>(
  options: ServingThreadOptions<Answers>,
): ServingThread<Measurements> {
  const { worker, address, findSnapshot, findPolicy, answers, clock } = options;
  const started = Promise.withResolvers<boolean>();
  const ended = Promise.withResolvers<ThreadEnd>();
  const over = new AbortController();
  const calls = new Map<number, (reply: { readonly measurements: Measurements | null }) => void>();
  let callCount = 0;
  let phase: 'BOOTING' | 'TOLD' | 'LISTENING' | 'ENDED' = 'BOOTING';
  let isUnresponsive = false;
  let deathCause: unknown;
  let lastMeasurements: Measurements | null = null;

  worker.on('message', (message) => receive(message as FromServingThread<Measurements>));
  worker.on('error', (error) => {
    deathCause = error;
  });
  worker.on('exit', () => {
    phase = 'ENDED';
    over.abort();
    started.resolve(false);
    ended.resolve({ reason: toEndReason(isUnresponsive, deathCause), error: deathCause });
  });

  return {
    get isListening() {
      return phase === 'LISTENING';
    },
    get lastMeasurements() {
      return lastMeasurements;
    },
    started: started.promise,
    ended: ended.promise,

    publish: (snapshot) => switchTo((callId) => ({ type: 'publish', callId, snapshot })),
    adoptPolicy: (policy) => switchTo((callId) => ({ type: 'policy', callId, policy })),

    async gather() {
      if (phase !== 'LISTENING') return;
      const reply = await call((callId) => ({ type: 'gather', callId }), GATHER_TIMEOUT_MS);
      lastMeasurements = reply?.measurements ?? lastMeasurements;
    },

    async stop({ graceMs }) {
      if (phase === 'LISTENING') {
        post({ type: 'stop', graceMs });
        await clock.sleep(graceMs + STOP_MARGIN_MS, over.signal).catch(() => undefined);
      }
      await worker.terminate();
      await ended.promise;
    },
  };

  function receive(message: FromServingThread<Measurements>): void {
    switch (message.type) {
      case 'booted':
        phase = 'TOLD';
        post({ type: 'serve', snapshot: findSnapshot(), address, policy: findPolicy() });
        return;
      case 'listening':
        phase = 'LISTENING';
        started.resolve(true);
        return;
      case 'done':
        calls.get(message.callId)?.(message);
        return;
      case 'ask':
        void answer(message);
        return;
      case 'stopped':
        void worker.terminate();
        return;
    }
  }

  async function switchTo(toMessage: (callId: number) => ToServingThread): Promise<void> {
    if (phase === 'BOOTING' || phase === 'ENDED') return;
    const reply = await call(toMessage, SWITCH_TIMEOUT_MS);
    if (reply !== undefined || over.signal.aborted) return;
    isUnresponsive = true;
    await worker.terminate();
  }

  /** Its reply; `undefined` when it has ended, or has not replied in time. */
  async function call(
    toMessage: (callId: number) => ToServingThread,
    timeoutMs: number,
  ): Promise<{ readonly measurements: Measurements | null } | undefined> {
    callCount += 1;
    const callId = callCount;
    const replied = Promise.withResolvers<{ readonly measurements: Measurements | null }>();
    calls.set(callId, replied.resolve);
    const settled = new AbortController();
    const late = clock.sleep(timeoutMs, AbortSignal.any([over.signal, settled.signal])).then(
      () => undefined,
      () => undefined,
    );
    post(toMessage(callId));
    try {
      return await Promise.race([replied.promise, late]);
    } finally {
      calls.delete(callId);
      settled.abort();
    }
  }

  /** Never rejects. */
  async function answer({ callId, question, argument }: Asked): Promise<void> {
    try {
      const ask = answers[question as keyof Answers] as (argument: unknown) => unknown;
      post({ type: 'answer', callId, answer: await ask(argument), refusal: null });
    } catch (error) {
      post({ type: 'answer', callId, answer: null, refusal: toRefusal(error) });
    }
  }

  function post(message: ToServingThread): void {
    worker.postMessage(message);
  }
}

/** @param cause what was thrown in it, if anything */
export function toEndReason(isUnresponsive: boolean, cause: unknown): ThreadEndReason {
  if (isUnresponsive) return 'UNRESPONSIVE';
  if (cause === undefined) return 'EXIT';
  const isMemory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory ? 'OUT_OF_MEMORY' : 'ERROR';
}
