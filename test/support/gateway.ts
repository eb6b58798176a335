/**
 * The whole gateway in this process, on a free port, over a simulated tenant: settings from an environment,
 * MSAL, downloads, the refresh thread, storage in a folder, GraphQL over HTTP. It waits for runs, never for time.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, type AppOverrides, createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { RefreshRunView } from '../../src/refresh/refresh-status.ts';

/** A GraphQL answer as it came. */
export interface GraphqlAnswer<Data = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: Data;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[];
      readonly extensions: Readonly<Record<string, unknown>>;
    }[];
    readonly extensions: { readonly snapshot: Readonly<Record<string, unknown>> | null };
  };
}

export type Variables = Readonly<Record<string, unknown>>;

/** What asks a GraphQL server. */
export interface GraphqlClient {
  /** The data of an operation that must answer 200 and without errors. */
  ask<Data>(query: string, variables?: Variables): Promise<Data>;
  /** Whatever the answer is. */
  post<Data = Record<string, unknown>>(query: string, variables?: Variables): Promise<GraphqlAnswer<Data>>;
}

export interface Gateway extends GraphqlClient, AsyncDisposable {
  readonly url: string;
  readonly app: App;
  /** The first run that ends in this process; pending for ever where none is started. */
  readonly firstRun: Promise<RefreshRunView>;
  /** Asks for a refresh, which must be allowed, and waits for its end. */
  refresh(): Promise<RefreshRunView>;
}

export interface GatewayOptions {
  /** Whose environment it gets. */
  readonly tenant: { readonly environment: Readonly<Record<string, string>> };
  /** Default: a folder of its own, gone when the gateway is. */
  readonly dataDir?: string;
  /** Settings beside those of the tenant; they win. No schedule and no cooldown unless set. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly overrides?: AppOverrides;
}

/** Settings of a gateway that is asked for everything at once. */
export const UNPRICED = { MAXIMUM_COST: '1000000000' };

/** Starts it and returns when it listens, which may be before its first run has ended. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tenant, settings = {}, overrides = {} } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'gateway-test-')));
  const config = parseConfig({
    ...tenant.environment,
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    REFRESH_INTERVAL: '0',
    REFRESH_COOLDOWN: '0',
    ...settings,
  });
  const app = await createApp(config, overrides);
  const firstRun = app.whenRunEnds();
  const { url } = await app.start();
  const client = createGraphqlClient(url);
  return {
    ...client,
    url,
    app,
    firstRun,
    async refresh() {
      const ended = app.whenRunEnds();
      const { refreshSnapshot } = await client.ask<{ refreshSnapshot: { __typename: string } }>(
        'mutation { refreshSnapshot { __typename } }',
      );
      assert.equal(refreshSnapshot.__typename, 'RefreshStarted');
      return ended;
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true });
    },
  };
}

/** Starts it and waits until its first run has published. */
export async function startGatewayWithSnapshot(options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  const { outcome, failure } = await gateway.firstRun;
  assert.equal(outcome, 'PUBLISHED', failure?.message);
  return gateway;
}

/** A client of the GraphQL endpoint under `url`. */
export function createGraphqlClient(url: string): GraphqlClient {
  async function post<Data>(query: string, variables: Variables = {}): Promise<GraphqlAnswer<Data>> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as GraphqlAnswer<Data>['body'];
    return { status: response.status, headers: response.headers, body };
  }
  return {
    post,
    async ask<Data>(query: string, variables: Variables = {}) {
      const { status, body } = await post<Data>(query, variables);
      const failure = { variables, errors: body.errors };
      assert.deepEqual(
        { status, errors: body.errors },
        { status: 200, errors: undefined },
        describe(failure),
      );
      assert.ok(body.data);
      return body.data;
    },
  };
}

/** Bounded: a filter with a thousand entries is not worth reading. */
function describe(value: unknown): string {
  return JSON.stringify(value).slice(0, 2_000);
}
