/**
 * The refresh thread: downloads, decodes, builds, validates and stores, and never serves. It has its own
 * connections to Defender and to the store; of the serving thread it asks leave for each call upstream.
 */

import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { composeDefender } from './compose-defender.ts';
import { composeIngest } from './compose-ingest.ts';
import { systemClock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { DefenderSource } from './defender/defender-source.ts';
import { CORES_PER_LANE } from './defender/file-lanes.ts';
import { runRefresh } from './refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from './refresh/validation.ts';
import { type ServingThread, serveRefreshJobs } from './refresh/worker-server.ts';
import { createForwardingLogger, type RefreshNotice, type RefreshWorkerData } from './refresh-threads.ts';
import { SnapshotBuilder } from './snapshot/builder.ts';
import { createSnapshotRepository, type SnapshotRepository } from './storage/snapshot-repository.ts';
import { openStore } from './storage/store.ts';
import { toTenantId } from './tenant-scope.ts';
import { yieldToServing } from './thread-priority.ts';

invariant(parentPort !== null, 'The refresh worker must run in a worker thread.');
const { config, version } = workerData as RefreshWorkerData;

yieldToServing();
serveRefreshJobs<RefreshNotice>(parentPort, systemClock, (servingThread) => {
  const log = createForwardingLogger(servingThread.notify);
  let services: Promise<Services> | undefined;
  return async ({ previous, revision, signal, onProgress }) => {
    services ??= openServices(servingThread, log);
    const { source, repository } = await services.catch((error: unknown) => {
      services = undefined;
      throw error;
    });
    const result = await runRefresh({
      source,
      createBuilder: () => new SnapshotBuilder(),
      store: repository,
      clock: systemClock,
      previous,
      nextRevision: revision,
      tenantId: toTenantId(config),
      apiUrl: config.defender.apiUrl,
      limits: DEFAULT_VALIDATION_LIMITS,
      signal,
      onProgress,
    });
    if (result.outcome === 'BUILT' && result.storeFailure === null) await prune(repository, log);
    return result;
  };
});

interface Services {
  readonly source: DefenderSource<SnapshotBuilder>;
  readonly repository: SnapshotRepository;
}

/** Opened for the first run and kept: they end with the thread. */
async function openServices(servingThread: ServingThread<RefreshNotice>, log: Logger): Promise<Services> {
  const store = await openStore({ ...config.storage, clock: systemClock, log });
  const tokens = store.keyValue('tokens');
  const { tenantId, clientId, credential } = config.azure;
  const identity = [config.azure.authorityHost, tenantId, clientId, credential.kind].join(' ');
  const defender = composeDefender<SnapshotBuilder>(config, version, {
    budget: servingThread.budget,
    tokenCache: {
      load: () => tokens.get<string>(identity),
      save: async (serialized) => {
        await tokens.set(identity, serialized);
      },
    },
    clock: systemClock,
    random: Math.random,
    log,
    prompt: ({ message }) => log.warn({ event: 'sign_in_needed' }, message),
    chooseLanes: composeIngest({
      threads: config.refresh.threads || Math.ceil(availableParallelism() / CORES_PER_LANE),
      workerData: { config, version },
      onNotice: servingThread.notify,
    }),
    onRequest: (endpoint, status) => servingThread.notify({ kind: 'upstreamRequest', endpoint, status }),
  });
  return {
    source: defender.source,
    repository: createSnapshotRepository({
      store,
      tenantId: toTenantId(config),
      apiUrl: config.defender.apiUrl,
      clock: systemClock,
      log,
    }),
  };
}

/** Old chunks cost disk, not correctness: a failure is logged, and the next refresh tries again. */
async function prune(repository: SnapshotRepository, log: Logger): Promise<void> {
  try {
    const removed = await repository.prune();
    log.debug({ event: 'store_pruned', chunks: removed }, 'store pruned');
  } catch (error) {
    log.warn({ event: 'store_prune_failed', reason: String(error) }, 'old chunks could not be removed');
  }
}
