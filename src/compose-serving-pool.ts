/** The further serving threads of `WORKERS`, with what the main thread answers them, as log lines and metrics say it. */

import { isIP } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { RateQuestion } from './compose-rates.ts';
import type { Config } from './config/config.ts';
import type { AccessPolicy } from './core/access-policy.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import type { TakenRate } from './core/rates.ts';
import type { RefreshRequestOutcome, RefreshStatusView } from './refresh/refresh-status.ts';
import { createServingPool, type ServingPool } from './serving/serving-pool.ts';
import type { ServingAddress } from './serving/serving-protocol.ts';
import type { ServingAnswers, ServingWorker } from './serving/serving-thread.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { retireMeasurements, type ThreadMeasurements } from './telemetry/thread-metrics.ts';

/** What a serving thread may ask of the main one: what one thread alone can know. */
export interface MainAnswers {
  readonly status: RefreshStatusView;
  readonly requestRefresh: RefreshRequestOutcome;
  /** The metrics of the whole process, as text. */
  readonly renderMetrics: string;
  /** Takes from the rate of a caller, as this process counts it. */
  readonly takeRate: (question: RateQuestion) => TakenRate;
}

/** What the main thread hands over when it starts a further one. No snapshot: it would be held for ever. */
export interface ServingWorkerData {
  readonly config: Config;
  /** Tells this thread's log lines from those of others. */
  readonly name: string;
}

/** Starts a thread that serves. */
export type SpawnServingWorker = (data: ServingWorkerData) => ServingWorker;

/** The name of the main thread, as far as it serves. */
export const MAIN_THREAD_NAME = 'serving-1';

/**
 * V8 lets the young generation grow to 128 MiB a thread (Node 24.21), which is most of what a thread would take under
 * load. An eighth of that costs no measurable processor time: what a request leaves is garbage at once.
 */
const YOUNG_GENERATION_MEBIBYTES = 16;

const WORKER_FILE = new URL('./serving-worker.ts', import.meta.url);

/** All but one: the main thread serves too. With `WORKERS=1` there is none. */
export function composeServingPool(options: {
  readonly config: Config;
  readonly answers: ServingAnswers<MainAnswers>;
  readonly policy: AccessPolicy | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'recordServingThreadEnd'>;
  readonly spawn?: SpawnServingWorker;
}): ServingPool<ThreadMeasurements> {
  const { config, answers, policy, clock, log, metrics, spawn = spawnServingWorker } = options;
  return createServingPool<MainAnswers, ThreadMeasurements>({
    names: Array.from({ length: config.http.workers - 1 }, (_, index) => `serving-${index + 2}`),
    spawn: (name) => spawn({ config, name }),
    answers,
    policy,
    clock,
    merge: retireMeasurements,
    events: {
      onListening: (name) =>
        log.info({ event: 'serving_thread_started', thread: name }, 'serving thread started'),
      onEnded: (name, { reason, error }, restartInMs) => {
        metrics.recordServingThreadEnd({ reason });
        log.error(
          { event: 'serving_thread_ended', thread: name, reason, restartInMs, err: error },
          'a serving thread has ended and will be replaced; what it was answering is lost',
        );
      },
    },
  });
}

/** Starts the real one. */
export function spawnServingWorker(workerData: ServingWorkerData): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES };
  return new Worker(WORKER_FILE, { workerData, resourceLimits });
}

/** Where further threads listen: a host name may have more addresses than the one that the first thread took. */
export function toSharedAddress(configuredHost: string, taken: ServingAddress): ServingAddress {
  return isIP(configuredHost) === 0 ? taken : { host: configuredHost, port: taken.port };
}
