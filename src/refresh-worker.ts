/**
 * The refresh thread: downloads, decodes, builds, validates and stores, and never serves. It has its own
 * connections to Defender and to the store; of the serving thread it asks leave for each call upstream.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { composeRefresh } from './compose-refresh.ts';
import { systemClock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import { serveRefreshJobs } from './refresh/worker-server.ts';
import type { RefreshNotice, RefreshWorkerData } from './refresh-threads.ts';
import { yieldToServing } from './thread-priority.ts';

invariant(parentPort !== null, 'The refresh worker must run in a worker thread.');
const { config, version } = workerData as RefreshWorkerData;

yieldToServing();
serveRefreshJobs<RefreshNotice>(
  parentPort,
  systemClock,
  (servingThread) =>
    composeRefresh({ config, version, clock: systemClock, random: Math.random, servingThread }).handler,
);
