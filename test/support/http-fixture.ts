/**
 * The HTTP server over a graph of a few fields, on a free port of the loopback interface. A test decides
 * what each field does, what snapshot is served and what time it is, and reads the log as lines.
 */

import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import pino from 'pino';
import { ANONYMOUS_CALLER } from '../../src/core/caller.ts';
import type { Clock } from '../../src/core/clock.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import type { RequestIdentity } from '../../src/graphql/context.ts';
import type { ServedSnapshot } from '../../src/http/ports.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/http/server.ts';

export const SERVED_SNAPSHOT: ServedSnapshot = {
  extension: { id: 'U25hcHNob3Q6MQ', revision: 7, generatedAt: '2026-11-01T06:00:00Z' },
  expiresAtMs: null,
};

const SCHEMA_TEXT = `
type Query { greeting: String slow: String long(length: Int!): String }
type Mutation { count: Int }
`;

export interface HttpFixture extends AsyncDisposable {
  readonly url: string;
  readonly server: HttpServer;
  /** How often the mutation ran. */
  readonly mutationCount: () => number;
  /** Each context that was asked for. */
  readonly calls: readonly RequestIdentity[];
  readonly logLines: () => readonly Readonly<Record<string, unknown>>[];
  /** Sends an operation as clients do. */
  readonly post: (query: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
}

export interface HttpFixtureOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Makes the `slow` field wait; called when it is resolved. */
  readonly slow?: () => Promise<string>;
  readonly http?: Partial<Omit<HttpServerOptions<RequestIdentity>, 'apollo' | 'log'>>;
}

export async function createHttpFixture({
  host = '127.0.0.1',
  port = 0,
  slow,
  http = {},
}: HttpFixtureOptions = {}): Promise<HttpFixture> {
  const lines: string[] = [];
  const calls: RequestIdentity[] = [];
  let mutations = 0;
  const apollo = new ApolloServer<RequestIdentity>({
    typeDefs: SCHEMA_TEXT,
    resolvers: {
      Query: {
        greeting: () => 'hello',
        slow: slow ?? (() => 'not slow'),
        long: (_parent: unknown, { length }: { length: number }) => 'x'.repeat(length),
      },
      Mutation: {
        count: () => {
          mutations += 1;
          return mutations;
        },
      },
    },
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginCacheControlDisabled()],
  });
  await apollo.start();
  const server = createHttpServer<RequestIdentity>({
    apollo,
    createContext: (call) => {
      calls.push(call);
      return call;
    },
    findSnapshot: () => SERVED_SNAPSHOT,
    identify: () => ANONYMOUS_CALLER,
    maximumCost: DEFAULT_OPERATION_LIMITS.maximumCost,
    metrics: {
      render: async () => 'snapshots_total 7\n',
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
    },
    schemaText: SCHEMA_TEXT,
    playground: false,
    corsOrigins: [],
    clock: PATIENT_CLOCK,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    ...http,
  });
  const { url } = await server.listen({ host, port });
  return {
    url,
    server,
    mutationCount: () => mutations,
    calls,
    logLines: () => lines.map((line) => JSON.parse(line)),
    post: (query, headers = {}) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await apollo.stop();
    },
  };
}

/** Stands still; its sleeps end only by their signal. */
export const PATIENT_CLOCK: Clock = {
  now: () => Date.UTC(2026, 10, 1, 12),
  sleep: (_durationMs, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};
