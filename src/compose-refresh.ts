/**
 * The work of a refresh, put together: the upstream client, the store, the builder, and the run over them. Whoever
 * has a thread for it calls this; nothing here knows in which one it is.
 *
 * Connections are opened for the first run and kept for the next ones.
 */

import { availableParallelism } from 'node:os';
import { composeDefender } from './compose-defender.ts';
import { composeIngest } from './compose-ingest.ts';
import { composeRepository } from './compose-repository.ts';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import { findGatewayError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { DefenderSource } from './defender/defender-source.ts';
import { CORES_PER_LANE } from './defender/file-lanes.ts';
import { runRefresh } from './refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from './refresh/validation.ts';
import type { RefreshHandler, ServingThread, UnstoredSnapshot } from './refresh/worker-server.ts';
import { createForwardingLogger, createForwardingObservers, type RefreshNotice } from './refresh-threads.ts';
import { SnapshotBuilder } from './snapshot/builder.ts';
import type { SnapshotRepository } from './storage/snapshot-repository.ts';
import { openStore } from './storage/store.ts';
import { toTenantId } from './tenant-scope.ts';

export interface RefreshWorkOptions {
  readonly config: Config;
  /** Of the gateway, for the User-Agent. */
  readonly version: string;
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  readonly servingThread: ServingThread<RefreshNotice>;
}

/** Disposing ends every request under way and closes the store; a thread that ends needs neither. */
export interface RefreshWork extends AsyncDisposable {
  readonly handler: RefreshHandler;
}

/** Opens nothing and asks nothing before the first run. */
export function composeRefresh(options: RefreshWorkOptions): RefreshWork {
  const { config, version, clock, servingThread } = options;
  const log = createForwardingLogger(servingThread.notify);
  const opened = new AsyncDisposableStack();
  let services: Promise<Services> | undefined;
  let lastFault: string | undefined;
  const notify = (notice: RefreshNotice): void => {
    if (notice.kind === 'upstreamRetry') lastFault = notice.code;
    servingThread.notify(notice);
  };
  return {
    handler: async ({ previous, revision, unstored, signal, onProgress }) => {
      lastFault = undefined;
      services ??= openServices({ ...options, servingThread: { ...servingThread, notify } }, log, opened);
      const { source, repository } = await services.catch((error: unknown) => {
        services = undefined;
        throw error;
      });
      if (unstored !== undefined) await storeLate(repository, unstored, { signal, log });
      const result = await runRefresh({
        source,
        createBuilder: () => new SnapshotBuilder(),
        store: repository,
        clock,
        previous,
        nextRevision: revision,
        tenantId: toTenantId(config),
        apiUrl: config.defender.apiUrl,
        limits: { ...DEFAULT_VALIDATION_LIMITS, ...config.validation },
        deadlineMs: config.refresh.deadlineMs,
        findLastFault: () => lastFault,
        gatewayVersion: version,
        log,
        signal,
        onProgress,
      });
      if (result.outcome === 'BUILT' && result.storeFailure === null) await prune(repository, log);
      return result;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Services {
  readonly source: DefenderSource<SnapshotBuilder>;
  readonly repository: SnapshotRepository;
}

async function openServices(
  { config, version, clock, random, servingThread }: RefreshWorkOptions,
  log: Logger,
  opened: AsyncDisposableStack,
): Promise<Services> {
  const store = opened.use(await openStore({ ...config.storage, clock, log }));
  const tokens = store.keyValue('tokens');
  const { tenantId, clientId, credential } = config.azure;
  const identity = [config.azure.authorityHost, tenantId, clientId, credential.kind].join(' ');
  const defender = opened.use(
    composeDefender<SnapshotBuilder>(config, version, {
      budget: servingThread.budget,
      tokenCache: {
        load: () => tokens.get<string>(identity),
        save: async (serialized) => {
          await tokens.set(identity, serialized);
        },
      },
      clock,
      random,
      log,
      prompt: ({ message }) => log.warn({ event: 'sign_in_needed' }, message),
      chooseLanes: composeIngest({
        threads: config.refresh.threads || Math.ceil(availableParallelism() / CORES_PER_LANE),
        workerData: { config, version },
        onNotice: servingThread.notify,
      }),
      ...createForwardingObservers(servingThread.notify),
    }),
  );
  return {
    source: defender.source,
    repository: composeRepository(config, { store, clock, log }),
  };
}

/** A second chance for what is served and could not be stored; a failure is logged, and the next refresh tries again. */
async function storeLate(
  repository: SnapshotRepository,
  { snapshot, onStored }: UnstoredSnapshot,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<void> {
  const { revision } = snapshot.manifest;
  try {
    await repository.saveLate(snapshot, signal);
    onStored();
    log.info({ event: 'snapshot_stored_late', revision }, 'the served snapshot is stored now');
  } catch (error) {
    signal.throwIfAborted();
    const code = findGatewayError(error)?.code ?? 'STORE_UNAVAILABLE';
    const reason = String(error);
    log.warn(
      { event: 'snapshot_not_stored', code, revision, reason },
      'the served snapshot cannot be stored yet',
    );
  }
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
