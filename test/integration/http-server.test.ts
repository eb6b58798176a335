import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { ApolloServer } from '@apollo/server';
import { ANONYMOUS_CALLER } from '../../src/core/caller.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createHttpFixture, PATIENT_CLOCK, SERVED_SNAPSHOT } from '../support/http-fixture.ts';
import { sendRaw } from '../support/raw-http.ts';

test('is alive whether or not there is a snapshot', async () => {
  await using fixture = await createHttpFixture({ http: { findSnapshot: () => null } });
  const response = await fetch(`${fixture.url}/health/live`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await response.json(), { status: 'live' });
});

test('is ready with a snapshot, and says which', async () => {
  await using fixture = await createHttpFixture();
  const response = await fetch(`${fixture.url}/health/ready`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: 'ready', snapshot: SERVED_SNAPSHOT.extension });
});

test('is unready by 503 with the reason', async () => {
  const nowMs = PATIENT_CLOCK.now();
  await using missing = await createHttpFixture({ http: { findSnapshot: () => null } });
  await using expired = await createHttpFixture({
    http: { findSnapshot: () => ({ ...SERVED_SNAPSHOT, expiresAtMs: nowMs }) },
  });
  for (const [fixture, reason] of [
    [missing, 'SNAPSHOT_UNAVAILABLE'],
    [expired, 'SNAPSHOT_EXPIRED'],
  ] as const) {
    const response = await fetch(`${fixture.url}/health/ready`);
    assert.equal(response.status, 503);
    assert.equal(((await response.json()) as { reason: string }).reason, reason);
  }
});

test('serves the schema as text, and the metrics in their own type', async () => {
  await using fixture = await createHttpFixture();
  const schema = await fetch(`${fixture.url}/schema.graphql`);
  assert.equal(schema.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(await schema.text(), /type Query \{/);
  const metrics = await fetch(`${fixture.url}/metrics`);
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await metrics.text(), 'snapshots_total 7\n');
});

test('does not serve a schema that is told to nobody', async () => {
  await using fixture = await createHttpFixture({ http: { schemaText: null } });
  assert.equal((await fetch(`${fixture.url}/schema.graphql`)).status, 404);
});

test('knows when a request arrived, before it asks who sends it', async () => {
  let nowMs = 1_000;
  await using fixture = await createHttpFixture({
    http: {
      monotonicNowMs: () => nowMs,
      identify: () => {
        nowMs += 500;
        return ANONYMOUS_CALLER;
      },
    },
  });
  await (await fixture.post('{ greeting }')).text();
  assert.equal(fixture.calls[0]?.arrivedAtMs, 1_000);
});

test('masks an internal fault, and logs it under the request id that it names', async () => {
  await using fixture = await createHttpFixture({
    http: {
      metrics: {
        contentType: 'text/plain',
        render: async () => {
          throw new Error('the registry is on fire');
        },
      },
    },
  });
  const response = await fetch(`${fixture.url}/metrics`, { headers: { 'x-request-id': 'r9' } });
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'Internal error; request id r9.',
  });
  const line = fixture.logLines().find((one) => one.msg === 'request failed');
  assert.equal(line?.requestId, 'r9');
  assert.match(JSON.stringify(line?.err), /the registry is on fire/);
});

test('has nothing at other paths, and no playground unless it is on', async () => {
  await using fixture = await createHttpFixture();
  for (const path of ['/', '/graphql/', '/favicon.ico']) {
    const response = await fetch(`${fixture.url}${path}`);
    assert.equal(response.status, 404, path);
    assert.deepEqual(await response.json(), {
      code: 'NOT_FOUND',
      message: 'There is nothing at this path. The graph is at /graphql.',
    });
  }
});

test('answers a path that cannot be decoded as it answers every other fault', async () => {
  await using fixture = await createHttpFixture();
  const missing = await fetch(`${fixture.url}/missing`, { headers: { 'x-request-id': 'ticket-42' } });
  for (const path of ['/%ff', '/graphql%ff?query={greeting}']) {
    const broken = await fetch(`${fixture.url}${path}`, { headers: { 'x-request-id': 'ticket-42' } });
    assert.equal(broken.status, 400);
    assert.deepEqual(await broken.json(), {
      code: 'BAD_REQUEST',
      message: 'The path cannot be decoded: what follows each percent sign must be the hex digits of UTF-8.',
    });
    assert.equal(broken.headers.get('x-request-id'), 'ticket-42');
    assert.deepEqual([...broken.headers.keys()].sort(), [...missing.headers.keys()].sort());
  }
  await fixture.server.stop({ graceMs: 60_000 });
  assert.deepEqual(
    fixture.logLines().map(({ msg, path, statusCode }) => [msg, path, statusCode]),
    [
      ['request answered', null, 404],
      ['request answered', null, 400],
      ['request answered', null, 400],
    ],
  );
});

test('forbids a browser to do anything with an answer but read it', async () => {
  await using fixture = await createHttpFixture();
  const { headers } = await fixture.post('{ greeting }');
  assert.equal(
    headers.get('content-security-policy'),
    "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  );
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('x-frame-options'), 'DENY');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('strict-transport-security'), null);
  assert.equal(headers.get('x-powered-by'), null);
});

test('sends no CORS header when no origin is configured', async () => {
  await using fixture = await createHttpFixture();
  const { headers } = await fixture.post('{ greeting }', { origin: 'https://portal.example' });
  assert.deepEqual(
    [...headers.keys()].filter((name) => name.startsWith('access-control')),
    [],
  );
});

test('lets the configured origins read, preflight first, and no other', async () => {
  await using fixture = await createHttpFixture({ http: { corsOrigins: ['https://portal.example'] } });
  const preflight = (origin: string) =>
    fetch(`${fixture.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,apollo-require-preflight',
      },
    });
  const allowed = await preflight('https://portal.example');
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://portal.example');
  assert.equal(allowed.headers.get('access-control-allow-methods'), 'GET, POST');
  assert.equal(allowed.headers.get('access-control-allow-headers'), 'content-type,apollo-require-preflight');
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null);
  const answer = await fixture.post('{ greeting }', { origin: 'https://portal.example' });
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://portal.example');
  assert.match(answer.headers.get('vary') ?? '', /origin/i);

  for (const origin of [
    'https://evil.example',
    'https://portal.example.evil.example',
    'http://portal.example',
    'null',
  ]) {
    assert.equal((await preflight(origin)).headers.get('access-control-allow-origin'), null, origin);
    const refused = await fixture.post('{ greeting }', { origin });
    assert.equal(refused.headers.get('access-control-allow-origin'), null, origin);
  }
});

test('compresses answers from one kibibyte on, brotli before gzip, for those who accept it', async () => {
  await using fixture = await createHttpFixture();
  const ask = (length: number, acceptEncoding: string, accept = 'application/json') => {
    const query = encodeURIComponent(`{ long(length: ${length}) }`);
    const headers = { 'accept-encoding': acceptEncoding, accept, 'apollo-require-preflight': '1' };
    return sendRaw(`${fixture.url}/graphql?query=${query}`, headers);
  };
  assert.equal((await ask(100, 'br, gzip')).headers['content-encoding'], undefined);
  assert.equal((await ask(2_000, 'gzip')).headers['content-encoding'], 'gzip');
  assert.equal((await ask(2_000, 'identity')).headers['content-encoding'], undefined);
  for (const length of [2_000, 200_000]) {
    const answer = await ask(length, 'gzip, br', 'application/graphql-response+json');
    assert.equal(answer.headers['content-encoding'], 'br');
    assert.match(String(answer.headers.vary), /accept-encoding/i);
    assert.equal(JSON.parse(brotliDecompressSync(answer.body).toString()).data.long.length, length);
  }
});

test('says on which address it listens, and why it cannot', async () => {
  await using fixture = await createHttpFixture();
  const { port } = new URL(fixture.url);
  assert.match(fixture.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  await assert.rejects(createHttpFixture({ port: Number(port) }), { code: 'EADDRINUSE' });
});

test('is not composed over an Apollo server that is not started', () => {
  const apollo = new ApolloServer({ typeDefs: 'type Query { a: Int }', stopOnTerminationSignals: false });
  assert.throws(
    () =>
      createHttpServer({
        apollo,
        createContext: () => ({}),
        findSnapshot: () => null,
        identify: () => ANONYMOUS_CALLER,
        maximumCost: 1,
        metrics: { render: async () => '', contentType: 'text/plain' },
        schemaText: '',
        playground: false,
        corsOrigins: [],
        clock: PATIENT_CLOCK,
      }),
    /You must `await server.start\(\)` before calling `createHttpServer\(\)`/,
  );
});
