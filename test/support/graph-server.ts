/**
 * A GraphQL server of the gateway's context behind the HTTP server, on a free port of the loopback interface. No upstream: the
 * refresher is one that a test gives, or says that it is idle.
 */

import type { ApolloServer } from '@apollo/server';
import { ANONYMOUS_CALLER } from '../../src/core/caller.ts';
import type { Clock } from '../../src/core/clock.ts';
import { type ContextServices, createContext, type GatewayContext } from '../../src/graphql/context.ts';
import type { GraphQLServer } from '../../src/graphql/create-server.ts';
import { createScopes } from '../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../src/graphql/slices.ts';
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.ts';
import { IDLE, SCHEMA_TEXT } from './graphql-harness.ts';
import { PATIENT_CLOCK, SERVED_SNAPSHOT } from './http-fixture.ts';

export interface GraphServer extends AsyncDisposable {
  readonly url: string;
}

/** The server's clock is the requests'. */
type Services = ContextServices & { readonly clock: Clock };

export interface GraphServerOptions {
  /** Not started yet. */
  readonly apollo: ApolloServer<GatewayContext>;
  /** Default: `apollo` answers everything. */
  readonly answerKnown?: GraphQLServer['answerKnown'];
  /** What operations find; default: no snapshot, and a clock that stands still. */
  readonly services?: Partial<Pick<Services, 'clock' | 'findSnapshot' | 'refresh'>>;
  /** Default: the real schema, everybody is let in, nothing is logged. */
  readonly http?: Partial<Omit<HttpServerOptions<GatewayContext>, 'apollo' | 'createContext'>>;
}

export async function startGraphServer({
  apollo,
  answerKnown,
  services: given = {},
  http = {},
}: GraphServerOptions): Promise<GraphServer> {
  await apollo.start();
  const slices = createSliceRunner();
  const services: Services = {
    clock: PATIENT_CLOCK,
    findSnapshot: () => null,
    refresh: { status: () => IDLE, requestRefresh: () => ({ kind: 'started' }) },
    snapshotExpiresAfterMs: 0,
    slices,
    scopes: createScopes({ slices }),
    ...given,
  };
  const server = createHttpServer<GatewayContext>({
    apollo,
    ...(answerKnown === undefined ? {} : { answerKnown }),
    createContext: (identity) => createContext(services, identity),
    findSnapshot: () => SERVED_SNAPSHOT,
    identify: () => ANONYMOUS_CALLER,
    maximumCost: 1_000,
    metrics: { render: async () => '', contentType: 'text/plain' },
    schemaText: SCHEMA_TEXT,
    playground: false,
    corsOrigins: [],
    clock: services.clock,
    ...http,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await apollo.stop();
    },
  };
}
