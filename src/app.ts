/**
 * The composition root: settings in, a running gateway out. It owns everything it starts and gives it all
 * back when disposed; it reads no environment and touches no process.
 *
 *   serving thread: HTTP, GraphQL, the served snapshot, the refresher, the ledger of upstream calls
 *   refresh thread: `refresh-worker.ts`, started for the first refresh
 */

import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import { composeDefender, toTenantId } from './compose-defender.ts';
import { composeRefreshEvents } from './compose-refresh-events.ts';
import type { Config } from './config/config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { findGatewayError } from './core/errors.ts';
import { silentLogger } from './core/logger.ts';
import { redact } from './core/redaction.ts';
import { createLedgerBudget } from './defender/call-budget.ts';
import { type ApiEndpoint, type CallLedger, createCallLedger } from './defender/call-ledger.ts';
import type { CheckStep } from './defender/connection-check.ts';
import { createContext } from './graphql/context.ts';
import { createServer } from './graphql/create-server.ts';
import { createSliceRunner } from './graphql/slices.ts';
import { findExpiry, toSnapshotExtension } from './graphql/snapshot-extension.ts';
import type { HttpLogger, ServedSnapshot } from './http/ports.ts';
import { createHttpServer } from './http/server.ts';
import type { RefreshRunView, RefreshStatusView, UpstreamBudgetView } from './refresh/refresh-status.ts';
import { createRefresher, type UpstreamLimit } from './refresh/refresher.ts';
import { createWorkerJob } from './refresh/worker-job.ts';
import type { RefreshNotice, RefreshWorkerData } from './refresh-threads.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import { createSnapshotRepository } from './storage/snapshot-repository.ts';
import { openStore, type Store } from './storage/store.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

/** The same Keyv; the adapter's own type is not made for `exactOptionalPropertyTypes`. */
type KeyvAdapterStore = ConstructorParameters<typeof KeyvAdapter<string>>[0];

/** What a test may put in place of the real thing. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log?: HttpLogger;
}

export interface App extends AsyncDisposable {
  /** Listens and begins the schedule; the restored snapshot is served from the first request on. */
  start(): Promise<{ readonly url: string }>;
  /** Not ready, drain for at most `graceMs`, then everything else, in the order of its making. */
  stop(options: { readonly graceMs: number }): Promise<void>;
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

/** Share of the interval by which a scheduled refresh may stray, so that replicas spread. */
const SCHEDULE_JITTER = 0.1;

const PACKAGE_FILE = new URL('../package.json', import.meta.url);
const SCHEMA_FILE = new URL('../schema.graphql', import.meta.url);
const WORKER_FILE = new URL('./refresh-worker.ts', import.meta.url);

/**
 * Opens the store and restores the last snapshot; nothing listens and nothing is asked upstream yet.
 *
 * @throws `STORE_UNAVAILABLE` when the store's folder cannot be made
 */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const { clock = systemClock, random = Math.random } = overrides;
  const log = overrides.log ?? createLogger({ level: config.log.level });
  const version = await readVersion();
  await using resources = new AsyncDisposableStack();

  const store = resources.use(await openStore({ ...config.storage, clock, log }));
  let served: Snapshot | null = null;
  const metrics = createMetrics({
    snapshotFacts: () =>
      served === null
        ? undefined
        : { ...served.manifest, ageMs: clock.now() - served.manifest.publishedAtMs },
  });
  served = await restoreSnapshot(config, store, { clock, log, metrics });

  const ledger = createCallLedger({ clock });
  const job = resources.use(
    createWorkerJob<RefreshNotice>({
      spawn: () => {
        const workerData: RefreshWorkerData = { config, version };
        return new Worker(WORKER_FILE, { workerData });
      },
      budget: createLedgerBudget(ledger),
      clock,
      onNotice: (notice) => {
        if (notice.kind === 'log') log[notice.level]({ thread: 'refresh', ...notice.fields }, notice.message);
        else metrics.recordUpstreamRequest(notice);
      },
    }),
  );
  let runEnds = Promise.withResolvers<RefreshRunView>();
  const refresher = resources.use(
    createRefresher({
      job,
      clock,
      random,
      settings: {
        intervalMs: config.refresh.intervalMs,
        cooldownMs: config.refresh.cooldownMs,
        jitter: SCHEDULE_JITTER,
      },
      initial: served?.manifest ?? null,
      publish: (snapshot) => {
        served = Snapshot.open(snapshot);
      },
      events: composeRefreshEvents({
        log,
        metrics,
        onFinished: (run) => {
          runEnds.resolve(run);
          runEnds = Promise.withResolvers();
        },
      }),
      budgets: () => [toBudgetView('EXPORT', ledger), toBudgetView('PAGED', ledger)],
      findBudgetLimit: () => findBudgetLimit(config.refresh.source === 'paged' ? 'PAGED' : 'EXPORT', ledger),
    }),
  );

  const schemaText = await readFile(SCHEMA_FILE, 'utf8');
  const apollo = createServer({
    typeDefs: schemaText,
    log,
    onOperation: ({ name, outcome, durationMs }) =>
      metrics.recordOperation({ operationName: name, outcome, durationMs }),
    persistedQueryCache: new KeyvAdapter<string>(
      store.keyValue('persisted-queries') as unknown as KeyvAdapterStore,
    ),
  });
  await apollo.start();
  resources.defer(() => apollo.stop());
  const services = {
    clock,
    findSnapshot: () => served,
    refresh: refresher,
    snapshotExpiresAfterMs: config.refresh.snapshotExpiresAfterMs,
    slices: createSliceRunner(),
  };
  const http = resources.use(
    createHttpServer({
      apollo,
      createContext: (identity) => createContext(services, identity),
      findSnapshot: () => (served === null ? null : describeServed(served, config)),
      metrics,
      schemaText,
      playground: config.http.playground,
      corsOrigins: config.http.corsOrigins,
      clock,
      log,
    }),
  );
  const owned = resources.move();

  return {
    async start() {
      const { url } = await http.listen(config.http);
      log.info(
        { event: 'started', url, version, revision: served?.manifest.revision ?? null },
        `listening on ${url}`,
      );
      refresher.start();
      return { url };
    },
    async stop({ graceMs }) {
      if (owned.disposed) return;
      log.info({ event: 'stopping', graceMs }, 'stopping: no new requests, those under way are answered');
      await http.stop({ graceMs });
      await owned.disposeAsync();
      log.info({ event: 'stopped' }, 'stopped');
    },
    status: () => refresher.status(),
    whenRunEnds: () => runEnds.promise,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Whether the tenant can be reached with these settings, step by step. Uses real calls of both budgets.
 *
 * @param prompt told what a user must do to sign in
 */
export async function* checkConnection(
  config: Config,
  signal: AbortSignal,
  prompt: (message: string) => void,
): AsyncGenerator<CheckStep> {
  const ledger = createCallLedger({ clock: systemClock });
  await using defender = composeDefender(config, await readVersion(), {
    budget: createLedgerBudget(ledger),
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

async function readVersion(): Promise<string> {
  return (JSON.parse(await readFile(PACKAGE_FILE, 'utf8')) as { version: string }).version;
}

/** A store that cannot be read is no empty inventory: it is logged, and the first refresh fills in. */
async function restoreSnapshot(
  config: Config,
  store: Store,
  { clock, log, metrics }: { clock: Clock; log: HttpLogger; metrics: Metrics },
): Promise<Snapshot | null> {
  const tenantId = toTenantId(config);
  const repository = createSnapshotRepository({
    store,
    tenantId,
    apiUrl: config.defender.apiUrl,
    clock,
    log,
  });
  const startedAtMs = clock.now();
  try {
    const encoded = await repository.load();
    if (encoded === undefined) return null;
    const { revision, installationCount } = encoded.manifest;
    log.info(
      { event: 'snapshot_restored', revision, installationCount, durationMs: clock.now() - startedAtMs },
      'the last snapshot is served again',
    );
    return Snapshot.open(encoded);
  } catch (error) {
    metrics.recordStoreFailure({ code: findGatewayError(error)?.code ?? 'STORE_UNAVAILABLE' });
    log.error(
      { event: 'restore_failed', err: error },
      'no snapshot could be restored; a refresh will read it anew',
    );
    return null;
  }
}

function describeServed({ manifest }: Snapshot, config: Config): ServedSnapshot {
  return {
    extension: toSnapshotExtension(manifest),
    expiresAtMs: findExpiry(manifest, config.refresh.snapshotExpiresAfterMs),
  };
}

function toBudgetView(endpoint: ApiEndpoint, ledger: CallLedger): UpstreamBudgetView {
  return { endpoint, ...ledger.state(endpoint) };
}

function findBudgetLimit(endpoint: ApiEndpoint, ledger: CallLedger): UpstreamLimit | undefined {
  const block = ledger.findBlock(endpoint);
  if (block === undefined) return undefined;
  return { retryAtMs: block.retryAtMs, reason: block.isThrottled ? 'UPSTREAM_THROTTLED' : 'UPSTREAM_BUDGET' };
}
