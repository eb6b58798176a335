/**
 * The graph in process: the real schema and resolvers over a snapshot that a test has made, a refresher that says what it
 * is told to, and an instant that stands still.
 */

import { readFileSync } from 'node:fs';
import type { GraphQLFormattedError } from 'graphql';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import type { Clock } from '../../src/core/clock.ts';
import { createContext, type GatewayContext, type TakeCost } from '../../src/graphql/context.ts';
import { createServer, type ServerOptions } from '../../src/graphql/create-server.ts';
import type { Loaders } from '../../src/graphql/loaders.ts';
import type {
  RefreshPort,
  RefreshRequestOutcome,
  RefreshStatusView,
} from '../../src/graphql/refresh-port.ts';
import type { RequestAccount } from '../../src/graphql/request-account.ts';
import { createScopes } from '../../src/graphql/scopes.ts';
import { createSliceRunner, type SliceOptions } from '../../src/graphql/slices.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';

export const SCHEMA_TEXT = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');

/** The instant of every request, unless a test says otherwise. */
export const NOW_MS = Date.UTC(2026, 10, 23, 8, 15, 30, 500);

export const IDLE: RefreshStatusView = {
  phase: 'IDLE',
  currentRun: null,
  lastRun: null,
  lastSuccessAtMs: null,
  lastFailure: null,
  nextRunAtMs: null,
  budgets: [],
};

const AT_ONCE: SliceOptions = { monotonicNowMs: () => 0 };

export interface HarnessOptions extends Partial<Omit<ServerOptions, 'typeDefs' | 'log'>> {
  readonly snapshot?: Snapshot | null;
  readonly status?: RefreshStatusView;
  readonly outcome?: RefreshRequestOutcome;
  readonly snapshotExpiresAfterMs?: number;
  readonly nowMs?: number;
  /** How work that takes long is cut. Default: no time goes by, so that all work is done at once. */
  readonly slices?: SliceOptions;
  /** Who asks; default: anybody, who may do and see all. */
  readonly caller?: Caller;
  /** Takes the cost of each operation from its caller's rate; default: every cost is granted. */
  readonly takeCost?: TakeCost;
  /** Length of the body that every request is taken to have had; default: 0. */
  readonly bodyBytes?: number;
  /** Whether the caller of every request is gone. */
  readonly isAbandoned?: () => boolean;
  /** How long each request may take, by which clock; default: as long as it takes. */
  readonly deadline?: { readonly limitMs: number; readonly nowMs: () => number };
}

export interface HarnessResponse {
  // biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the query that a test wrote
  readonly data: any;
  readonly errors: readonly GraphQLFormattedError[];
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  /** `undefined` is 200. */
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** What the request has come to. */
  readonly account: RequestAccount;
}

export interface Harness extends AsyncDisposable {
  /** Runs an operation, with whatever errors it has. */
  run(query: string, variables?: Record<string, unknown>, operationName?: string): Promise<HarnessResponse>;
  /** Runs an operation that must have no errors, and gives its data. */
  ask(query: string, variables?: Record<string, unknown>): Promise<HarnessResponse['data']>;
  createContext(): GatewayContext;
  readonly log: RecordingLogger;
  /** Each batch of each loader, since the start. */
  readonly batches: readonly (readonly [loader: keyof Loaders, keyCount: number])[];
  /** How often a refresh was asked for. */
  readonly refreshRequests: () => number;
}

export async function createHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { snapshot = null, status = IDLE, outcome = { kind: 'started' }, nowMs = NOW_MS } = options;
  const {
    snapshotExpiresAfterMs = 0,
    slices = AT_ONCE,
    takeCost,
    bodyBytes = 0,
    isAbandoned,
    deadline,
    caller = ANONYMOUS_CALLER,
    ...serverOptions
  } = options;
  const log = createRecordingLogger();
  const batches: [keyof Loaders, number][] = [];
  let refreshRequests = 0;
  const refresh: RefreshPort = {
    status: () => status,
    requestRefresh: () => {
      refreshRequests += 1;
      return outcome;
    },
  };
  const clock: Clock = { now: () => nowMs, sleep: () => Promise.reject(new Error('nothing here waits')) };
  const { apollo: server } = createServer({ ...serverOptions, typeDefs: SCHEMA_TEXT, log });
  await server.start();
  const makeContext = () => {
    const runner = createSliceRunner(slices);
    const context = createContext(
      {
        clock,
        findSnapshot: () => snapshot,
        refresh,
        snapshotExpiresAfterMs,
        slices: runner,
        scopes: createScopes({ slices: runner }),
        ...(deadline === undefined
          ? {}
          : { requestDeadlineMs: deadline.limitMs, monotonicNowMs: deadline.nowMs }),
        onBatch: (loader, keyCount) => void batches.push([loader, keyCount]),
      },
      {
        caller,
        ...(takeCost === undefined ? {} : { takeCost }),
        bodyBytes,
        requestId: 'request-1',
        log,
        ...(isAbandoned === undefined ? {} : { isAbandoned }),
      },
    );
    if (context instanceof Promise) throw new Error('no part of a snapshot of a test takes long to open');
    return context;
  };
  const run: Harness['run'] = async (query, variables = {}, operationName) => {
    const contextValue = makeContext();
    const { body, http } = await server.executeOperation(
      { query, variables, ...(operationName === undefined ? {} : { operationName }) },
      { contextValue },
    );
    if (body.kind !== 'single') throw new Error('an answer must come in one piece');
    // Through JSON, as a client sees it.
    const { data, errors = [], extensions } = JSON.parse(JSON.stringify(body.singleResult));
    return {
      data,
      errors,
      extensions,
      status: http.status,
      headers: http.headers,
      account: contextValue.account,
    };
  };
  return {
    run,
    ask: async (query, variables) => {
      const { data, errors } = await run(query, variables);
      if (errors.length > 0) throw new Error(`no error expected, but: ${JSON.stringify(errors)}`);
      return data;
    },
    createContext: makeContext,
    log,
    batches,
    refreshRequests: () => refreshRequests,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
