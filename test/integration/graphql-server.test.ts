import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { HeaderMap } from '@apollo/server';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { getIntrospectionQuery } from 'graphql';
import type { GatewayContext } from '../../src/graphql/context.ts';
import { createServer } from '../../src/graphql/create-server.ts';
import type { OperationReport } from '../../src/graphql/operation-report.ts';
import { createHarness, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

describe('the operation report', () => {
  it('tells name, type, outcome and duration of each operation once', async () => {
    const reports: OperationReport[] = [];
    let nowMs = 0;
    const monotonicNowMs = () => {
      nowMs += 2.5;
      return nowMs;
    };
    const onOperation = (report: OperationReport) => void reports.push(report);
    await using harness = await createHarness({
      snapshot: openSmallInventory(),
      onOperation,
      monotonicNowMs,
    });
    await harness.run('query Good { devices { totalCount } }');
    await harness.run('query Mixed { devices { totalCount } certificates(first: -1) { totalCount } }');
    await harness.run('query Bad { certificates(first: -1) { totalCount } }');
    await harness.run('mutation Go { refreshSnapshot { status { id } } }');
    await harness.run('{');
    await harness.run('query Unknown { nothing }');
    assert.deepEqual(
      reports.map(({ name, type, outcome }) => [name, type, outcome]),
      [
        ['Good', 'query', 'success'],
        ['Mixed', 'query', 'partial'],
        ['Bad', 'query', 'rejected'],
        ['Go', 'mutation', 'success'],
        [null, null, 'rejected'],
        [null, null, 'rejected'],
      ],
    );
    assert.deepEqual(new Set(reports.map(({ durationMs }) => durationMs)), new Set([2.5]));
    assert.deepEqual(new Set(reports.map(({ requestId }) => requestId)), new Set(['request-1']));
  });

  it('tells a missing snapshot and an error of ours from the caller’s', async () => {
    const reports: OperationReport[] = [];
    const onOperation = (report: OperationReport) => void reports.push(report);
    await using empty = await createHarness({ onOperation });
    await empty.run('query Early { devices { totalCount } }');
    const snapshot = new Proxy(openSmallInventory(), {
      get: (target, name) => (name === 'devices' ? undefined : Reflect.get(target, name)),
    });
    await using broken = await createHarness({ snapshot, onOperation });
    await broken.run('query Broken { devices { totalCount } }');
    assert.deepEqual(
      reports.map(({ name, outcome }) => [name, outcome]),
      [
        ['Early', 'unavailable'],
        ['Broken', 'failed'],
      ],
    );
  });
});

describe('the server', () => {
  it('answers introspection', async () => {
    await using harness = await createHarness();
    const { __schema } = await harness.ask(getIntrospectionQuery());
    assert.equal(__schema.queryType.name, 'Query');
  });

  it('wraps no resolver: no plugin looks at fields', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { apollo: server } = createServer({ typeDefs: SCHEMA_TEXT, log: createRecordingLogger() });
    let findResolver = (): unknown => undefined;
    server.addPlugin({
      serverWillStart: async ({ schema }) => {
        findResolver = () => schema.getQueryType()?.getFields().refresh?.resolve;
      },
    });
    await server.start();
    const before = findResolver();
    await server.executeOperation({ query: '{ refresh { id } }' }, { contextValue: harness.createContext() });
    await server.stop();
    assert.ok(before);
    assert.equal(findResolver(), before);
  });

  it('refuses what a foreign page could send without a preflight, batches, and mutations by GET', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const log = createRecordingLogger();
    const { apollo: server } = createServer({ typeDefs: SCHEMA_TEXT, log });
    await server.start();
    const send = async (method: string, headers: Record<string, string>, search: string, body: unknown) => {
      const { status } = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, headers: new HeaderMap(Object.entries(headers)), search, body },
        context: async () => harness.createContext(),
      });
      return status ?? 200;
    };
    const json = { 'content-type': 'application/json' };
    const query = '{ __typename }';
    assert.equal(await send('POST', json, '', { query }), 200);
    assert.equal(await send('POST', { 'content-type': 'text/plain' }, '', { query }), 400);
    assert.equal(await send('GET', {}, `?query=${encodeURIComponent(query)}`, undefined), 400);
    const preflight = { 'apollo-require-preflight': 'true' };
    assert.equal(await send('GET', preflight, `?query=${encodeURIComponent(query)}`, undefined), 200);
    assert.equal(await send('POST', json, '', [{ query }]), 400);
    const mutation = encodeURIComponent('mutation { refreshSnapshot { status { id } } }');
    assert.equal(await send('GET', preflight, `?query=${mutation}`, undefined), 405);
    assert.equal(harness.refreshRequests(), 0);
    await server.stop();
  });

  it('keeps persisted queries in the cache that it is given', async () => {
    const persistedQueryCache = new InMemoryLRUCache<string>();
    await using harness = await createHarness({ persistedQueryCache });
    const query = '{ refresh { phase } }';
    const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
    assert.deepEqual(await askPersisted(harness.createContext(), persistedQueryCache, { persistedQuery }), [
      'PERSISTED_QUERY_NOT_FOUND',
    ]);
    assert.deepEqual(
      await askPersisted(harness.createContext(), persistedQueryCache, { persistedQuery }, query),
      [],
    );
    assert.deepEqual(
      await askPersisted(harness.createContext(), persistedQueryCache, { persistedQuery }),
      [],
    );
  });

  it('answers no other query than the one of the hash, whatever its cache gives back', async () => {
    const query = '{ __typename }';
    const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
    for (const stored of ['{ snapshot { id } }', `${query} `]) {
      const persistedQueryCache = new InMemoryLRUCache<string>();
      await using harness = await createHarness({ persistedQueryCache });
      await persistedQueryCache.set(`apq:${persistedQuery.sha256Hash}`, stored);
      assert.deepEqual(await askPersisted(harness.createContext(), persistedQueryCache, { persistedQuery }), [
        'PERSISTED_QUERY_NOT_FOUND',
      ]);
    }
  });

  it('takes a persisted query cache that fails for one that has forgotten', async () => {
    const log = createRecordingLogger();
    const broken = {
      get: () => Promise.reject(new Error('the store is gone')),
      set: () => Promise.reject(new Error('the store is gone')),
      delete: () => Promise.reject(new Error('the store is gone')),
    };
    await using harness = await createHarness();
    const { apollo: server } = createServer({ typeDefs: SCHEMA_TEXT, log, persistedQueryCache: broken });
    const { body } = await server.executeOperation(
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
      { contextValue: harness.createContext() },
    );
    assert.equal(
      body.kind === 'single' && body.singleResult.errors?.[0]?.extensions?.code,
      'PERSISTED_QUERY_NOT_FOUND',
    );
    assert.deepEqual(log.messages, ['the store is gone']);
    await server.stop();
  });
});

/** The codes of the errors of a request by hash, with the text or without. */
async function askPersisted(
  contextValue: GatewayContext,
  persistedQueryCache: InMemoryLRUCache<string>,
  extensions: Record<string, unknown>,
  query?: string,
): Promise<unknown[]> {
  const { apollo: server } = createServer({
    typeDefs: SCHEMA_TEXT,
    log: createRecordingLogger(),
    persistedQueryCache,
  });
  const request = query === undefined ? { extensions } : { extensions, query };
  const { body } = await server.executeOperation(request, { contextValue });
  await server.stop();
  return body.kind === 'single'
    ? (body.singleResult.errors ?? []).map(({ extensions }) => extensions?.code)
    : [];
}
