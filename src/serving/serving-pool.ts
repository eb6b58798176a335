/**
 * The further serving threads of the gateway, kept at their number: one that ends is replaced.
 *
 * It guarantees that a publication resolves only when every thread that listens answers from the new snapshot or
 * has ended, and that a thread that starts while a publication goes on begins with the newest. It keeps one
 * snapshot, the newest; the memory of an older one is free once no thread's request holds it.
 */

import type { AccessPolicy } from '../core/access-policy.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError, invariant } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import type { ServingAddress } from './serving-protocol.ts';
import {
  openServingThread,
  type ServingAnswers,
  type ServingThread,
  type ServingWorker,
  type ThreadEnd,
} from './serving-thread.ts';

/** Told what happens, for logs and metrics. Called synchronously; must not throw. */
export interface ServingEvents {
  /** A thread listens. */
  onListening(name: string): void;
  /**
   * A thread has ended without being told to, or could not be started.
   *
   * @param restartInMs when the next one is started in its place
   */
  onEnded(name: string, end: ThreadEnd, restartInMs: number): void;
}

export interface ServingPoolOptions<Answers, Measurements> {
  /** One thread is kept for each name. */
  readonly names: readonly string[];
  /** Starts a thread. */
  readonly spawn: (name: string) => ServingWorker;
  readonly answers: ServingAnswers<Answers>;
  /** What callers are granted, until {@link ServingPool.adoptPolicy}; default `null`: they are not identified. */
  readonly policy?: AccessPolicy | null;
  readonly clock: Clock;
  readonly events: ServingEvents;
  /** Several threads' measurements as one. */
  readonly merge: (measurements: readonly Measurements[]) => Measurements;
}

export interface ServingPool<Measurements> extends AsyncDisposable {
  /**
   * Starts the threads; once. Resolves when all listen.
   *
   * @throws {GatewayError} `INTERNAL_SERVER_ERROR` when one of them ends three times before it ever listened
   */
  start(snapshot: EncodedSnapshot | null, address: ServingAddress): Promise<void>;
  /** Never rejects. A thread that does not switch within 10 s is ended, and replaced. */
  publish(snapshot: EncodedSnapshot): Promise<void>;
  /** Resolves when every thread judges callers by this policy; never rejects. What does not switch is ended as above. */
  adoptPolicy(policy: AccessPolicy): Promise<void>;
  /**
   * What the threads have measured, and what those that have ended had said last: no count ever runs backwards. Takes a
   * second at most.
   */
  gather(): Promise<readonly Measurements[]>;
  /** How many of them listen. */
  countListening(): number;
  /** Drains them together; resolves when none is left. None is replaced from now on. */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/** A thread that ends this often before it ever listened will not get better. */
const MAXIMUM_START_FAILURES = 3;
/** A thread that has listened for this long was sound: its end is the first failure again. */
const SOUND_AFTER_MS = MINUTE_MS;
const FIRST_DELAY_MS = SECOND_MS;
const LONGEST_DELAY_MS = MINUTE_MS;
const DEFAULT_GRACE_MS = 10 * SECOND_MS;

export function createServingPool<Answers, Measurements>(
  options: ServingPoolOptions<Answers, Measurements>,
): ServingPool<Measurements> {
  const { names, spawn, answers, clock, events, merge } = options;
  const threads = new Set<ServingThread<Measurements>>();
  const stopping = new AbortController();
  let keepers: Promise<unknown> | undefined;
  let newest: EncodedSnapshot | null = null;
  let policy = options.policy ?? null;
  let retired: Measurements | null = null;

  const pool: ServingPool<Measurements> = {
    async start(snapshot, address) {
      invariant(keepers === undefined, 'A pool of serving threads must be started once.');
      newest = snapshot;
      const kept = names.map((name) => {
        const started = Promise.withResolvers<void>();
        return { started: started.promise, keeper: keep(name, address, started) };
      });
      keepers = Promise.all(kept.map(({ keeper }) => keeper));
      await Promise.all(kept.map(({ started }) => started));
    },
    async publish(snapshot) {
      newest = snapshot;
      await Promise.all([...threads].map((thread) => thread.publish(snapshot)));
    },
    async adoptPolicy(next) {
      policy = next;
      await Promise.all([...threads].map((thread) => thread.adoptPolicy(next)));
    },
    async gather() {
      await Promise.all([...threads].map((thread) => thread.gather()));
      // In one go: a thread that ends in the meantime is either among the living or among the retired.
      return [...[...threads].map(({ lastMeasurements }) => lastMeasurements), retired].filter(
        (measurements) => measurements !== null,
      );
    },
    countListening: () => [...threads].filter(({ isListening }) => isListening).length,
    async stop(grace) {
      stopping.abort();
      await Promise.all([...threads].map((thread) => thread.stop(grace)));
      await keepers;
    },
    [Symbol.asyncDispose]: () => pool.stop({ graceMs: DEFAULT_GRACE_MS }),
  };
  return pool;

  /** Keeps one thread of this name until the stop. Never rejects. */
  async function keep(
    name: string,
    address: ServingAddress,
    started: PromiseWithResolvers<void>,
  ): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const { end, listenedForMs } = await live(name, address, started.resolve);
      if (stopping.signal.aborted) break;
      failures = listenedForMs >= SOUND_AFTER_MS ? 1 : failures + 1;
      const restartInMs = toRestartDelay(failures);
      events.onEnded(name, end, restartInMs);
      if (failures >= MAXIMUM_START_FAILURES) started.reject(createStartError(name, end));
      if (restartInMs > 0) await clock.sleep(restartInMs, stopping.signal).catch(() => undefined);
    }
    // Who waits for the start of a pool that is stopped meanwhile need not wait for ever.
    started.resolve();
  }

  /** One thread from its start to its end. */
  async function live(
    name: string,
    address: ServingAddress,
    onListening: () => void,
  ): Promise<{ readonly end: ThreadEnd; readonly listenedForMs: number }> {
    const worker = trySpawn(name);
    if (!('postMessage' in worker)) return { end: worker, listenedForMs: 0 };
    const thread = openServingThread<Answers, Measurements>({
      worker,
      address,
      findSnapshot: () => newest,
      findPolicy: () => policy,
      answers,
      clock,
    });
    threads.add(thread);
    const hasListened = await thread.started;
    const listenedAtMs = clock.now();
    if (hasListened) {
      events.onListening(name);
      onListening();
    }
    const end = await thread.ended;
    threads.delete(thread);
    const last = thread.lastMeasurements;
    if (last !== null) retired = retired === null ? last : merge([retired, last]);
    return { end, listenedForMs: hasListened ? clock.now() - listenedAtMs : 0 };
  }

  function trySpawn(name: string): ServingWorker | ThreadEnd {
    try {
      return spawn(name);
    } catch (error) {
      return { reason: 'ERROR', error };
    }
  }
}

/** At once after a first failure, then a second, two, four … up to a minute. */
function toRestartDelay(failures: number): number {
  return failures < 2 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (failures - 2), LONGEST_DELAY_MS);
}

function createStartError(name: string, { reason, error }: ThreadEnd): GatewayError {
  const cause = error === undefined ? reason : redact(String(error)).slice(0, 200);
  return new GatewayError(
    'INTERNAL_SERVER_ERROR',
    `The thread ${name} must start to serve, but ended ${MAXIMUM_START_FAILURES} times before it did: ${cause}. ` +
      'Start with WORKERS=1, or see the log for the cause and check the memory that the process may use.',
    { cause: error },
  );
}
