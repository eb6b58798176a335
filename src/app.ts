/**
 * The composition root: settings in, a running gateway out. It owns everything it starts and gives it all
 * back when disposed; it reads no environment and touches no process.
 *
 *   main thread: HTTP, GraphQL, the served snapshot, the refresher, the ledger of upstream calls
 *   further serving threads: `serving-worker.ts`, all but one of `WORKERS`
 *   an execution thread for each of these: `execution-worker.ts`, started for its first dear operation
 *   refresh thread: `refresh-worker.ts`, started for the first refresh
 */

import { readFile } from 'node:fs/promises';
import { composeApprovalWatch } from './compose-approvals.ts';
import type { SpawnExecutionWorker } from './compose-execution.ts';
import { composeIdentity, composePolicyReload, loadPolicy } from './compose-identity.ts';
import { composeLedger } from './compose-ledger.ts';
import { composeRates } from './compose-rates.ts';
import { composeRefresher, type SpawnRefreshThread } from './compose-refresher.ts';
import { composeRepository } from './compose-repository.ts';
import { restoreSnapshot, type Served } from './compose-restore.ts';
import { composeServing } from './compose-serving.ts';
import {
  composeServingPool,
  MAIN_THREAD_NAME,
  type SpawnServingWorker,
  toSharedAddress,
} from './compose-serving-pool.ts';
import type { Config } from './config/config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { findGatewayError } from './core/errors.ts';
import { silentLogger } from './core/logger.ts';
import { redact } from './core/redaction.ts';
import type { CheckStep } from './defender/connection-check.ts';
import type { HttpLogger } from './http/ports.ts';
import type { RefreshRunView, RefreshStatusView } from './refresh/refresh-status.ts';
import type { Refresher } from './refresh/refresher.ts';
import type { ServingPool } from './serving/serving-pool.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import { createMemoryRates } from './storage/memory-rates.ts';
import { openStore } from './storage/store.ts';
import { createHeldBuffers } from './telemetry/held-buffers.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import type { SnapshotFacts } from './telemetry/snapshot-gauges.ts';
import type { ThreadMeasurements } from './telemetry/thread-metrics.ts';
import { readVersion } from './version.ts';

/** What a test may put in place of the real thing. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Of the main thread; further serving threads write to standard output. */
  readonly log?: HttpLogger;
  readonly spawnServingWorker?: SpawnServingWorker;
  /** Of the main thread. */
  readonly spawnExecutionWorker?: SpawnExecutionWorker;
  readonly spawnRefreshThread?: SpawnRefreshThread;
}

export interface App extends AsyncDisposable {
  /**
   * Listens and begins the schedule; the restored snapshot is served from the first request on. Resolves when every
   * thread listens.
   */
  start(): Promise<{ readonly url: string }>;
  /** Not ready, drain for at most `graceMs`, then everything else, in the order of its making. */
  stop(options: { readonly graceMs: number }): Promise<void>;
  /**
   * Reads the policy file again; resolves when every thread judges callers by it. A bad one is refused, said in the log,
   * and changes nothing. Never rejects; does nothing where callers are not identified.
   */
  reloadPolicy(): Promise<void>;
  status(): RefreshStatusView;
  /** Resolves with the next run that ends, whatever its outcome. */
  whenRunEnds(): Promise<RefreshRunView>;
}

/** What listening fails with, whatever the system calls it. */
const LISTEN_ERRORS: ReadonlySet<unknown> = new Set([
  'EADDRINUSE',
  'EACCES',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const SCHEMA_FILE = new URL('../schema.graphql', import.meta.url);

/**
 * Opens the store and restores the last snapshot; nothing listens and nothing is asked upstream yet.
 *
 * @throws `STORE_UNAVAILABLE` when the store's folder cannot be made; ConfigurationError with the faults of the policy file
 */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const { clock = systemClock, random = Math.random } = overrides;
  const log = overrides.log ?? createLogger({ level: config.log.level });
  const version = await readVersion();
  const isAlone = config.http.workers === 1;
  const policy = await loadPolicy(config);
  let isListening = false;
  let served: Served | null = null;
  let runEnds = Promise.withResolvers<RefreshRunView>();
  await using resources = new AsyncDisposableStack();

  const store = resources.use(await openStore({ ...config.storage, clock, log }));
  const held = createHeldBuffers();
  const metrics = createMetrics({
    snapshotFacts: () => findSnapshotFacts(served?.snapshot ?? null, clock),
    heldBytes: held.sizeBytes,
    countThreads: () => pool.countListening() + (isListening ? 1 : 0),
  });
  served = await restoreSnapshot(config, store, { clock, log, metrics });
  held.add(served?.encoded.segments.values() ?? []);
  const { ledger, budget } = resources.use(
    await composeLedger({ config, store, clock, log, onStoreFailure: metrics.recordStoreFailure }),
  );
  const refresher: Refresher = resources.use(
    composeRefresher({
      config,
      version,
      initial: served?.snapshot.manifest ?? null,
      publish: (encoded) => {
        served = { encoded, snapshot: Snapshot.open(encoded) };
        held.add(encoded.segments.values());
        serving.forgetOlder();
        return isAlone ? undefined : pool.publish(encoded);
      },
      clock,
      random,
      log,
      metrics,
      ledger,
      budget,
      ...(overrides.spawnRefreshThread === undefined ? {} : { spawn: overrides.spawnRefreshThread }),
      onFinished: (run) => {
        runEnds.resolve(run);
        runEnds = Promise.withResolvers();
      },
    }),
  );
  const identity = resources.use(
    await composeIdentity({ config, policy, clock, log, onRefused: metrics.recordRefusedCaller }),
  );
  const approvals = resources.use(
    composeApprovalWatch({
      repository: composeRepository(config, { store, clock, log, onDamage: metrics.recordStoreFailure }),
      refresher,
      findServed: () => served?.snapshot.manifest ?? null,
      clock,
      log,
    }),
  );
  const localRates = createMemoryRates({ limits: config.rates, clock });
  const renderMetrics = async () => metrics.render(await pool.gather());
  const pool: ServingPool<ThreadMeasurements> = resources.use(
    composeServingPool({
      config,
      answers: {
        status: () => refresher.status(),
        requestRefresh: () => refresher.requestRefresh(),
        renderMetrics,
        takeRate: ({ callerId, kind, amount }) => localRates.take(callerId, kind, amount),
      },
      policy,
      clock,
      log,
      metrics,
      ...(overrides.spawnServingWorker === undefined ? {} : { spawn: overrides.spawnServingWorker }),
    }),
  );
  const serving = resources.use(
    await composeServing({
      config,
      schemaText: await readFile(SCHEMA_FILE, 'utf8'),
      store,
      findSnapshot: () => served?.snapshot ?? null,
      refresh: refresher,
      identify: identity.identify,
      metrics: { render: renderMetrics, contentType: metrics.contentType },
      recordOperation: metrics.recordOperation,
      rates: await composeRates({
        config,
        store,
        local: localRates,
        log,
        onStoreFailure: metrics.recordStoreFailure,
      }),
      recordRateLimited: metrics.recordRateLimited,
      threadName: MAIN_THREAD_NAME,
      recordExecutionThreadEnd: metrics.recordExecutionThreadEnd,
      ...(overrides.spawnExecutionWorker === undefined
        ? {}
        : { spawnExecutionWorker: overrides.spawnExecutionWorker }),
      watchScopes: metrics.watchScopes,
      clock,
      log: isAlone ? log : log.child({ thread: MAIN_THREAD_NAME }),
    }),
  );
  const owned = resources.move();

  return {
    async start() {
      const { host, port, workers } = config.http;
      const { url, address } = await serving.listen({ host, port, ...(isAlone ? {} : { sharing: 'first' }) });
      isListening = true;
      await pool.start(served?.encoded ?? null, toSharedAddress(host, address));
      const revision = served?.snapshot.manifest.revision ?? null;
      log.info({ event: 'started', url, version, workers, revision }, `listening on ${url}`);
      refresher.start();
      approvals.start();
      return { url };
    },
    async stop(grace) {
      if (owned.disposed) return;
      log.info({ event: 'stopping', ...grace }, 'stopping: no new requests, those under way are answered');
      await Promise.all([serving.stop(grace), pool.stop(grace)]);
      await owned.disposeAsync();
      log.info({ event: 'stopped' }, 'stopped');
    },
    reloadPolicy: composePolicyReload(config, [identity, pool], log),
    status: () => refresher.status(),
    whenRunEnds: () => runEnds.promise,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Whether the tenant can be reached with these settings, step by step. Uses real calls of both budgets, which are
 * recorded in the store as those of a gateway are.
 *
 * @param prompt told what a user must do to sign in
 * @throws `STORE_UNAVAILABLE` when the store's folder cannot be made
 */
export async function* checkConnection(
  config: Config,
  signal: AbortSignal,
  prompt: (message: string) => void,
): AsyncGenerator<CheckStep> {
  // Loaded here alone: a gateway that serves never holds the upstream client in this thread.
  const { composeDefender } = await import('./compose-defender.ts');
  const parts = { config, clock: systemClock, log: silentLogger };
  await using store = await openStore({ ...config.storage, ...parts });
  await using ledger = await composeLedger({ ...parts, store, onStoreFailure: () => undefined });
  await using defender = composeDefender(config, await readVersion(), {
    budget: ledger.budget,
    tokenCache: { load: async () => undefined, save: async () => undefined },
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    prompt: ({ message }) => prompt(message),
    onRequest: () => undefined,
  });
  yield* defender.check(signal);
}

/** An error that ended the process, for a terminal: without secrets, and with its code when it is ours. */
export function describeFailure(error: unknown): string {
  const known = findGatewayError(error);
  if (known !== undefined) return redact(`${known.code}: ${known.message}`);
  if (!(error instanceof Error)) return redact(String(error));
  const isListening = 'code' in error && LISTEN_ERRORS.has(error.code);
  const advice = ' Set HOST and PORT to an address of this machine that is free.';
  return redact(isListening ? `${error.message}.${advice}` : error.message);
}

function findSnapshotFacts(snapshot: Snapshot | null, clock: Clock): SnapshotFacts | undefined {
  return snapshot === null
    ? undefined
    : { ...snapshot.manifest, ageMs: clock.now() - snapshot.manifest.publishedAtMs };
}
