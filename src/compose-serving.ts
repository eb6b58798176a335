/** From what a thread has to answer with to a server: the same composition on the main thread and on every other. */

import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import { composeExecution, type SpawnExecutionWorker } from './compose-execution.ts';
import { loadTrustedDocuments } from './compose-operations.ts';
import { loadTls } from './compose-tls.ts';
import type { Config } from './config/config.ts';
import type { OperationSettings } from './config/operations.ts';
import type { Clock } from './core/clock.ts';
import { isLoopbackHost } from './core/host.ts';
import type { RateKind, RateLimiter } from './core/rates.ts';
import { createContext } from './graphql/context.ts';
import { createServer } from './graphql/create-server.ts';
import type { RefreshPort } from './graphql/refresh-port.ts';
import { createScopes } from './graphql/scopes.ts';
import { createSliceRunner } from './graphql/slices.ts';
import { findExpiry, toSnapshotExtension } from './graphql/snapshot-extension.ts';
import type { TrustedDocuments } from './graphql/trusted-documents.ts';
import type { TrustedOperations } from './http/named-document.ts';
import type { HttpLogger, IdentifyCaller, MetricsPage, ServedSnapshot } from './http/ports.ts';
import { createRequestRates } from './http/request-rates.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import type { Store } from './storage/store.ts';
import type { AnsweredOperation } from './telemetry/operation-metrics.ts';

/** The same Keyv; the adapter's own type is not made for `exactOptionalPropertyTypes`. */
type KeyvAdapterStore = ConstructorParameters<typeof KeyvAdapter<string>>[0];

export interface ServingOptions {
  readonly config: Config;
  /** The text of `schema.graphql`. */
  readonly schemaText: string;
  /** Where persisted queries are kept. */
  readonly store: Store;
  /** The snapshot that this thread serves now. */
  readonly findSnapshot: () => Snapshot | null;
  readonly refresh: RefreshPort;
  readonly identify: IdentifyCaller;
  readonly metrics: MetricsPage;
  readonly recordOperation: (operation: AnsweredOperation) => void;
  /** How often callers may ask. */
  readonly rates: RateLimiter;
  /** The name of this thread, which its execution thread's is made of. */
  readonly threadName: string;
  readonly recordExecutionThreadEnd: (end: { readonly reason: string }) => void;
  readonly spawnExecutionWorker?: SpawnExecutionWorker;
  readonly recordRateLimited: (refusal: { readonly kind: RateKind }) => void;
  /** Told whom to ask how many bytes this thread's scopes take. */
  readonly watchScopes: (sizeBytes: () => number) => void;
  readonly clock: Clock;
  readonly log: HttpLogger;
}

export interface Serving extends Pick<HttpServer, 'listen' | 'stop'>, AsyncDisposable {
  /** To be called when another snapshot is served: nothing holds on to the one before but requests that began with it. */
  forgetOlder(): void;
}

/** A server that does not listen yet; disposing it stops it, and GraphQL after it. */
export async function composeServing(options: ServingOptions): Promise<Serving> {
  const { config, schemaText, store, findSnapshot, refresh, identify, metrics, recordOperation, clock, log } =
    options;
  const { snapshotExpiresAfterMs } = config.refresh;
  const documents = await loadTrustedDocuments(config.operations, schemaText);
  const tls = await loadTls(config.http.tls);
  await using resources = new AsyncDisposableStack();
  const execution = resources.use(
    composeExecution({
      config,
      name: options.threadName,
      clock,
      log,
      recordThreadEnd: options.recordExecutionThreadEnd,
      ...(options.spawnExecutionWorker === undefined ? {} : { spawn: options.spawnExecutionWorker }),
    }),
  );
  const { apollo, answerKnown } = createServer({
    typeDefs: schemaText,
    log,
    limits: config.limits,
    executeDear: execution.execute,
    onOperation: ({ name, outcome, durationMs }) =>
      recordOperation({ operationName: name, outcome, durationMs }),
    persistedQueryCache: new KeyvAdapter<string>(
      store.keyValue('persisted-queries') as unknown as KeyvAdapterStore,
    ),
    ...(documents !== undefined && config.operations.mode === 'log' ? { expectedDocuments: documents } : {}),
  });
  await apollo.start();
  resources.defer(() => apollo.stop());
  const slices = createSliceRunner();
  const scopes = createScopes({ slices });
  options.watchScopes(scopes.sizeBytes);
  const services = {
    clock,
    findSnapshot,
    refresh,
    snapshotExpiresAfterMs,
    slices,
    scopes,
    requestDeadlineMs: config.limits.requestDeadlineMs,
  };
  const http = resources.use(
    createHttpServer({
      apollo,
      answerKnown,
      createContext: (identity) => createContext(services, identity),
      findSnapshot: () => describeServed(findSnapshot(), snapshotExpiresAfterMs),
      identify,
      openRates: createRequestRates({ limiter: options.rates, clock, onRefused: options.recordRateLimited }),
      ...(documents === undefined ? {} : { trusted: toTrustedOperations(documents, config.operations) }),
      metrics,
      schemaText: config.limits.introspection ? schemaText : null,
      maximumCost: config.limits.maximumCost,
      requestDeadlineMs: config.limits.requestDeadlineMs,
      bodyLimitBytes: config.limits.maximumBodyBytes,
      playground: config.http.playground,
      corsOrigins: config.http.corsOrigins,
      trustedProxies: config.http.trustedProxies,
      loopbackHostsOnly: isOpenToThisMachineOnly(config),
      ...(tls === undefined ? {} : { tls }),
      clock,
      log,
    }),
  );
  const owned = resources.move();
  return {
    listen: (address) => http.listen(address),
    stop: (grace) => http.stop(grace),
    forgetOlder: execution.forget,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Nobody is identified, and nobody has said that everybody may ask: then `HOST` is a loopback address. */
function isOpenToThisMachineOnly({ auth, http }: Config): boolean {
  return auth.mode === 'none' && !auth.allowAnonymous && isLoopbackHost(http.host);
}

function toTrustedOperations(documents: TrustedDocuments, { mode }: OperationSettings): TrustedOperations {
  return { isEnforced: mode === 'enforce', findDocument: documents.find };
}

function describeServed(snapshot: Snapshot | null, snapshotExpiresAfterMs: number): ServedSnapshot | null {
  if (snapshot === null) return null;
  return {
    extension: toSnapshotExtension(snapshot.manifest),
    expiresAtMs: findExpiry(snapshot.manifest, snapshotExpiresAfterMs),
  };
}
