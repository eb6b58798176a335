/** The real graph over HTTP, for what a caller can get wrong about a request as a whole, and for the log of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { createServer } from '../../src/graphql/create-server.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { startGraphServer } from '../support/graph-server.ts';
import { SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

async function serveGraph(snapshot: Snapshot) {
  const lines: string[] = [];
  const serverLog = createRecordingLogger();
  const graphql = createServer({ typeDefs: SCHEMA_TEXT, log: serverLog });
  const server = await startGraphServer({
    ...graphql,
    services: { findSnapshot: () => snapshot },
    http: { log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }) },
  });
  return {
    /** What was logged as it was written, warnings and worse. */
    lines,
    serverLog,
    async post(body: string, headers: Record<string, string> = {}) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const persisted = (persistedQuery: unknown, query?: string) =>
  JSON.stringify({ query, extensions: { persistedQuery } });

test('a request that cannot be run at all is the caller’s fault, and no error in the log', async () => {
  await using graph = await serveGraph(openSmallInventory());
  const query = '{ __typename }';
  const filter = `${'{"not":'.repeat(30_000)}{}${'}'.repeat(30_000)}`;
  const deep = `{
    "query": "query ($filter: CertificateFilter) { certificates(filter: $filter) { totalCount } }",
    "variables": { "filter": ${filter} }
  }`;
  for (const [body, code, message] of [
    [
      '{"query":"subscription { x }"}',
      'BAD_REQUEST',
      'The operation must be a query or a mutation, but got: subscription.',
    ],
    [persisted({ version: 1, sha256Hash: 'aa' }, query), 'BAD_REQUEST', 'provided sha does not match query'],
    [
      persisted({ version: 1, sha256Hash: { toString: 1 } }, query),
      'BAD_REQUEST',
      'provided sha does not match query',
    ],
    [
      persisted({ version: 2, sha256Hash: 'aa' }, query),
      'BAD_REQUEST',
      'Unsupported persisted query version',
    ],
    [persisted('aa', query), 'BAD_REQUEST', 'Unsupported persisted query version'],
    [
      deep,
      'BAD_REQUEST',
      'The JSON of a request must have at most 64 arrays and objects in each other, but it has more: no operation of this graph takes variables so deep.',
    ],
    [
      '{"query":"{ __typename }","operationName":"B"}',
      'OPERATION_RESOLUTION_FAILURE',
      'Unknown operation named "B".',
    ],
  ] as const) {
    const { status, data, errors } = await graph.post(body);
    assert.deepEqual([status, data, errors?.length], [400, undefined, 1], message);
    assert.deepEqual([errors?.[0]?.extensions.code, errors?.[0]?.message], [code, message]);
  }
  assert.deepEqual([graph.lines, graph.serverLog.lines], [[], []]);
});

test('a persisted query is not found under a hash that is no text', async () => {
  await using graph = await serveGraph(openSmallInventory());
  for (const sha256Hash of [{ toString: 1, valueOf: 1 }, 7, null, undefined]) {
    const { status, errors } = await graph.post(persisted({ version: 1, sha256Hash }));
    assert.deepEqual([status, errors?.[0]?.extensions.code], [200, 'PERSISTED_QUERY_NOT_FOUND']);
  }
  assert.deepEqual([graph.lines, graph.serverLog.lines], [[], []]);
});

test('an error of ours is logged with the request id once', async () => {
  const broken = new Proxy(openSmallInventory(), {
    get: (target, name) => {
      if (name === 'devices') throw new Error('secret detail');
      return Reflect.get(target, name);
    },
  });
  await using graph = await serveGraph(broken);
  const { errors } = await graph.post('{"query":"{ device(deviceId: \\"a\\") { id } }"}', {
    'x-request-id': 'ticket-42',
  });
  assert.equal(
    errors?.[0]?.message,
    'The gateway failed to answer; its log holds the cause under request id ticket-42.',
  );
  assert.equal(graph.lines.length, 1);
  assert.equal(graph.lines[0]?.split('"requestId"').length, 2, graph.lines[0]);
  assert.match(graph.lines[0] ?? '', /"requestId":"ticket-42"/);
});
