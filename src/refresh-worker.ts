/**
 * The refresh thread: downloads, decodes, builds, validates and stores, and never serves. It has its own
 * connections to Defender and to the store; of the serving thread it asks leave for each call upstream.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { composeDefender, toTenantId } from './compose-defender.ts';
import type { Config } from './config/config.ts';
import { systemClock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import type { LogFields, Logger } from './core/logger.ts';
import { redact } from './core/redaction.ts';
import type { DefenderSource } from './defender/defender-source.ts';
import { runRefresh } from './refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from './refresh/validation.ts';
import { type ServingThread, serveRefreshJobs } from './refresh/worker-server.ts';
import { SnapshotBuilder } from './snapshot/builder.ts';
import { createSnapshotRepository, type SnapshotRepository } from './storage/snapshot-repository.ts';
import { openStore } from './storage/store.ts';

/** What the serving thread hands over when it starts this one. */
export interface RefreshWorkerData {
  readonly config: Config;
  readonly version: string;
}

/** What this thread tells the serving one beside results: log lines, and upstream requests for the metrics. */
export type RefreshNotice =
  | {
      readonly kind: 'log';
      readonly level: keyof Logger;
      readonly fields: LogFields;
      readonly message: string;
    }
  | { readonly kind: 'upstreamRequest'; readonly endpoint: string; readonly status: number | null };

invariant(parentPort !== null, 'The refresh worker must run in a worker thread.');
const { config, version } = workerData as RefreshWorkerData;

serveRefreshJobs<RefreshNotice>(parentPort, systemClock, (servingThread) => {
  const log = createForwardingLogger(servingThread);
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
  readonly source: DefenderSource;
  readonly repository: SnapshotRepository;
}

/** Opened for the first run and kept: they end with the thread. */
async function openServices(servingThread: ServingThread<RefreshNotice>, log: Logger): Promise<Services> {
  const store = await openStore({ ...config.storage, clock: systemClock, log });
  const tokens = store.keyValue('tokens');
  const { tenantId, clientId, credential } = config.azure;
  const identity = [config.azure.authorityHost, tenantId, clientId, credential.kind].join(' ');
  const defender = composeDefender(config, version, {
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

/** Errors cannot cross between threads as they are: fields go as text where they are no plain data. */
function createForwardingLogger(servingThread: ServingThread<RefreshNotice>): Logger {
  const forward =
    (level: keyof Logger) =>
    (fields: LogFields, message: string): void => {
      const plain = JSON.parse(redact(JSON.stringify(fields, toPlain))) as LogFields;
      servingThread.notify({ kind: 'log', level, fields: plain, message: redact(message) });
    };
  return { debug: forward('debug'), info: forward('info'), warn: forward('warn'), error: forward('error') };
}

function toPlain(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
}
