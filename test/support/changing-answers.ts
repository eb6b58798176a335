/**
 * A graph whose answers change as a test says: with the snapshot, with the second, with who asks. It counts what is executed, and a
 * test can hold executions up. Behind the real HTTP server, with answers kept or not.
 */

import { ApolloServer } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { RateAmounts } from '../../src/core/rates.ts';
import { createContext, type GatewayContext } from '../../src/graphql/context.ts';
import { createErrorMapping } from '../../src/graphql/error-mapping.ts';
import { createOperationPlugin } from '../../src/graphql/operation-plugin.ts';
import type { OperationReport } from '../../src/graphql/operation-report.ts';
import { createRateLimitedPlugin } from '../../src/graphql/response-plugins.ts';
import { createScopes } from '../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../src/graphql/slices.ts';
import { createAnswerReuse } from '../../src/http/kept/answer-reuse.ts';
import type { AnswerOrigin } from '../../src/http/kept/reuse.ts';
import type { HttpLogger } from '../../src/http/ports.ts';
import { createRequestRates } from '../../src/http/request-rates.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { IDLE } from './graphql-harness.ts';
import { SERVED_SNAPSHOT } from './http-fixture.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** `after` is the second from which a fact is another. */
const SCHEMA_TEXT = `
type Query { fact(name: String = "nothing", after: Int, length: Int): String moment: Int! failing: String! private: String }
type Mutation { change: Int! }
`;

/** What of the callers of a test differs. */
const CALLERS: Readonly<Record<string, Partial<Caller>>> = {
  'Bearer all': {},
  'Bearer reader': { rights: new Set(['Inventory.Read']) },
  'Bearer part': { rbacGroupIds: ['1', '2'] },
  'Bearer other part': { rbacGroupIds: ['2'] },
  'Bearer nothing': { rbacGroupIds: [] },
};

export const CALLER_TOKENS = Object.keys(CALLERS);

export interface ChangingAnswers extends AsyncDisposable {
  readonly url: string;
  readonly clock: ManualClock;
  /** Serves another snapshot. */
  publish(id: string): void;
  /** What has been executed: the operation's text or hash, in order. */
  readonly executed: readonly string[];
  readonly origins: readonly AnswerOrigin[];
  /** Told of operations, however they came to their answers. */
  readonly reports: readonly OperationReport[];
  /** Holds every execution up from now on, until it is let go; `begun` resolves with the next one that is held. */
  hold(): { readonly begun: Promise<void>; readonly release: () => void };
  readonly refusals: readonly string[];
  keptBytes(): number;
}

interface ChangingContext extends GatewayContext {
  readonly ends: number[];
  readonly snapshotId: string;
}

export interface ChangingOptions {
  /** 0: nothing is kept. Default: a mebibyte. */
  readonly limitBytes?: number;
  /** Default: without any. */
  readonly rates?: RateAmounts;
  readonly clock?: ManualClock;
  readonly requestDeadlineMs?: number;
  readonly log?: HttpLogger;
  readonly monotonicNowMs?: () => number;
}

export const START_MS = Date.UTC(2026, 10, 24, 8);

export async function serveChangingAnswers(options: ChangingOptions = {}): Promise<ChangingAnswers> {
  const { limitBytes = 1_048_576, rates = { requests: 0, cost: 0 }, requestDeadlineMs = 0 } = options;
  const { clock = createManualClock(START_MS), monotonicNowMs = () => performance.now(), log } = options;
  const executed: string[] = [];
  const origins: AnswerOrigin[] = [];
  const reports: OperationReport[] = [];
  const refusals: string[] = [];
  let snapshotId = 'first';
  let changes = 0;
  let holding: { begun: () => void; released: Promise<void> } | undefined;

  const apollo = new ApolloServer<ChangingContext>({
    typeDefs: SCHEMA_TEXT,
    resolvers: {
      Query: {
        fact: async (_: unknown, given: FactArguments, context: ChangingContext) => {
          await pass();
          return toFact(given, context);
        },
        moment: (_: unknown, _given: unknown, context: ChangingContext) => {
          context.ends.push(0);
          return context.nowMs;
        },
        failing: () => {
          throw new GraphQLError('no');
        },
        private: (_: unknown, _given: unknown, { caller }: ChangingContext) => {
          if (!caller.rights.has('Inventory.Operate'))
            throw new GatewayError('FORBIDDEN', 'Ask for the right.');
          return 'told';
        },
      },
      Mutation: {
        change: async () => {
          await pass();
          changes += 1;
          return changes;
        },
      },
    },
    formatError: createErrorMapping(silentLogger).formatError,
    stopOnTerminationSignals: false,
    plugins: [
      createRateLimitedPlugin(),
      createOperationPlugin((report) => void reports.push(report), monotonicNowMs),
      {
        requestDidStart: async () => ({
          didResolveOperation: async ({ contextValue, document, queryHash }) => {
            const cost = document.loc!.source.body.length;
            contextValue.account.cost = cost;
            await contextValue.takeCost(cost);
            executed.push(queryHash);
          },
        }),
      },
    ],
  });
  await apollo.start();

  async function pass(): Promise<void> {
    if (holding === undefined) return;
    holding.begun();
    await holding.released;
  }

  const slices = createSliceRunner();
  const services = {
    clock,
    findSnapshot: () => null,
    refresh: { status: () => IDLE, requestRefresh: () => ({ kind: 'started' }) as const },
    snapshotExpiresAfterMs: 0,
    slices,
    scopes: createScopes({ slices }),
    requestDeadlineMs,
    monotonicNowMs,
  };
  const answers = createAnswerReuse({
    limitBytes,
    edition: 'test',
    findSnapshotId: () => snapshotId,
    onOperation: (report) => void reports.push(report),
    onOrigin: (origin) => void origins.push(origin),
    clock,
    monotonicNowMs,
    deadlineMs: requestDeadlineMs,
  });
  const server = createHttpServer<ChangingContext>({
    apollo,
    createContext: async (identity) => ({
      ...(await createContext(services, identity)),
      snapshotId,
      ends: [Number.POSITIVE_INFINITY],
    }),
    findSnapshot: () => SERVED_SNAPSHOT,
    identify: (authorization) => {
      const caller = CALLERS[authorization ?? 'Bearer all'];
      if (caller === undefined) throw new GatewayError('UNAUTHENTICATED', 'Sign in.');
      return { ...ANONYMOUS_CALLER, id: authorization ?? 'nobody', kind: 'USER', ...caller };
    },
    openRates: createRequestRates({
      limiter: createMemoryRates({ limits: rates, clock }),
      clock,
      onRefused: ({ kind }) => void refusals.push(kind),
    }),
    reuse: {
      answers,
      findLife: (context) => ({
        snapshotId: context.snapshotId,
        span: { from: toSeconds(context.nowMs), until: Math.min(...context.ends) },
      }),
    },
    maximumCost: 1_000,
    metrics: { render: async () => '', contentType: 'text/plain' },
    schemaText: SCHEMA_TEXT,
    playground: false,
    corsOrigins: ['https://portal.example'],
    requestDeadlineMs,
    monotonicNowMs,
    clock,
    ...(log === undefined ? {} : { log }),
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    clock,
    executed,
    origins,
    reports,
    refusals,
    publish: (id) => {
      snapshotId = id;
      answers.forget();
    },
    hold: () => {
      const begun = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holding = { begun: begun.resolve, released: released.promise };
      return {
        begun: begun.promise,
        release: () => {
          holding = undefined;
          released.resolve();
        },
      };
    },
    keptBytes: answers.sizeBytes,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await apollo.stop();
    },
  };
}

interface FactArguments {
  readonly name?: string | null;
  readonly after?: number | null;
  readonly length?: number | null;
}

/** Says all that it depends on, and notes until when. */
function toFact(
  { name, after, length }: FactArguments,
  { snapshotId, caller, nowMs, ends }: ChangingContext,
): string {
  const now = toSeconds(nowMs);
  const isAfter = after == null ? null : now >= after;
  if (isAfter === false) ends.push(after!);
  const of = JSON.stringify([snapshotId, caller.rbacGroupIds, [...caller.rights], name, isAfter]);
  return of.padEnd(length ?? 0, of);
}

function toSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1_000);
}
