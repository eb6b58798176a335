/**
 * A further serving thread: HTTP and GraphQL over the snapshot that the main thread hands it, on the same port. It
 * decides nothing: the refresher, the ledger of calls and the metrics of the whole are the main thread's.
 */

import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { composeIdentity } from './compose-identity.ts';
import { composeRates } from './compose-rates.ts';
import { composeServing } from './compose-serving.ts';
import type { MainAnswers, ServingWorkerData } from './compose-serving-pool.ts';
import { systemClock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import { connectMainThread } from './serving/main-thread.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import { openStore } from './storage/store.ts';
import { createLogger } from './telemetry/logger.ts';
import { createThreadMetrics, type ThreadMeasurements } from './telemetry/thread-metrics.ts';

const SCHEMA_FILE = new URL('../schema.graphql', import.meta.url);

invariant(parentPort !== null, 'A serving worker must run in a worker thread.');
const { config, name } = workerData as ServingWorkerData;
const clock = systemClock;
const log = createLogger({ level: config.log.level, thread: name });
const mainThread = connectMainThread<MainAnswers, ThreadMeasurements>(parentPort);
const metrics = createThreadMetrics();
let served: Snapshot | null = null;

const store = await openStore({ ...config.storage, clock, log });
const identity = await composeIdentity({
  config,
  policy: null,
  clock,
  log,
  onRefused: metrics.recordRefusedCaller,
});
const serving = await composeServing({
  config,
  schemaText: await readFile(SCHEMA_FILE, 'utf8'),
  store,
  findSnapshot: () => served,
  refresh: {
    status: () => mainThread.ask('status'),
    requestRefresh: () => mainThread.ask('requestRefresh'),
  },
  identify: identity.identify,
  metrics: { render: () => mainThread.ask('renderMetrics'), contentType: metrics.contentType },
  recordOperation: metrics.recordOperation,
  rates: await composeRates({
    config,
    store,
    local: {
      limits: config.rates,
      take: (callerId, kind, amount) => mainThread.ask('takeRate', { callerId, kind, amount }),
    },
    log,
    onStoreFailure: metrics.recordStoreFailure,
  }),
  recordRateLimited: metrics.recordRateLimited,
  threadName: name,
  recordExecutionThreadEnd: metrics.recordExecutionThreadEnd,
  watchScopes: metrics.watchScopes,
  clock,
  log,
});

mainThread.follow({
  serve: async (snapshot, address, policy) => {
    if (policy !== null) identity.adoptPolicy(policy);
    served = snapshot === null ? null : Snapshot.open(snapshot);
    await serving.listen({ ...address, sharing: 'further' });
  },
  publish: (snapshot) => {
    served = Snapshot.open(snapshot);
    serving.forgetOlder();
  },
  adoptPolicy: identity.adoptPolicy,
  gather: metrics.gather,
  stop: async (grace) => {
    await serving.stop(grace);
    await serving[Symbol.asyncDispose]();
    await identity[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  },
});
