/** The execution thread of a serving thread, as log lines and metrics say it. */

import { Worker } from 'node:worker_threads';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import { MEBIBYTE } from './core/units.ts';
import type { DearOperation, ExecuteDear, ExecutedOperation } from './graphql/dear-operations.ts';
import { createExecutionThread } from './serving/execution-thread.ts';
import type { ServingWorker } from './serving/serving-thread.ts';

/** What a serving thread hands over when it starts its execution thread. */
export interface ExecutionWorkerData {
  readonly config: Config;
  /** Tells this thread's log lines from those of others. */
  readonly name: string;
}

/** Starts a thread that executes. */
export type SpawnExecutionWorker = (data: ExecutionWorkerData) => ServingWorker;

export interface Execution extends AsyncDisposable {
  readonly execute: ExecuteDear;
  /** Lets go of the snapshot that was executed over last: there is a newer one. */
  forget(): void;
}

/** As of a serving thread (`compose-serving-pool.ts`): what lives longer than a moment is an answer, and moves on. */
const YOUNG_GENERATION_MEBIBYTES = 16;
/**
 * What a row of cost may come to in objects before they are printed; certificates with all their fields take some 2 kB. A
 * thread that needs more ends, and nobody else does.
 */
const HEAP_BYTES_PER_ROW = 2_600;
const LEAST_HEAP_MEBIBYTES = 256;
const MOST_HEAP_MEBIBYTES = 4_096;

const WORKER_FILE = new URL('./execution-worker.ts', import.meta.url);

/** Starts nothing yet. */
export function composeExecution(options: {
  readonly config: Config;
  /** Of the serving thread. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recordThreadEnd: (end: { readonly reason: string }) => void;
  readonly spawn?: SpawnExecutionWorker;
}): Execution {
  const { config, clock, log, recordThreadEnd, spawn = spawnExecutionWorker } = options;
  const name = `${options.name}-execution`;
  const thread = createExecutionThread<DearOperation, ExecutedOperation>({
    spawn: () => spawn({ config, name }),
    clock,
    onEnded: ({ reason, error }) => {
      recordThreadEnd({ reason });
      log.error(
        { event: 'execution_thread_ended', thread: name, reason, err: error },
        'an execution thread has ended and will be started again when it is needed; what it was executing has failed',
      );
    },
  });
  return {
    execute: (operation, snapshot, { watch }) => thread.execute(operation, snapshot, watch),
    forget: thread.forget,
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

/** Starts the real one. */
export function spawnExecutionWorker(workerData: ExecutionWorkerData): Worker {
  const heap = Math.ceil((workerData.config.limits.maximumCost * HEAP_BYTES_PER_ROW) / MEBIBYTE);
  const resourceLimits = {
    maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES,
    maxOldGenerationSizeMb: Math.min(Math.max(heap, LEAST_HEAP_MEBIBYTES), MOST_HEAP_MEBIBYTES),
  };
  return new Worker(WORKER_FILE, { workerData, resourceLimits });
}
