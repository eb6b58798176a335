import assert from 'node:assert/strict';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { test } from 'node:test';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import type { SnapshotExtension } from '../../src/graphql/snapshot-extension.ts';
import { createHttpFixture, type HttpFixture, SERVED_SNAPSHOT } from '../support/http-fixture.ts';

const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

async function bodyOf(response: Response): Promise<{
  data?: unknown;
  errors?: { message: string; extensions: { code: string } }[];
  extensions: unknown;
}> {
  return (await response.json()) as Awaited<ReturnType<typeof bodyOf>>;
}

/** A refusal is a whole GraphQL response: one error, no data, and the snapshot where the caller is known by then. */
async function assertRefused(
  response: Response,
  status: number,
  code: string,
  message: string | RegExp,
  snapshot: SnapshotExtension | null = SERVED_SNAPSHOT.extension,
): Promise<void> {
  const body = await bodyOf(response);
  assert.equal(response.status, status, JSON.stringify(body));
  assert.equal(body.errors?.length, 1);
  assert.equal(body.errors?.[0]?.extensions.code, code);
  if (typeof message === 'string') assert.equal(body.errors?.[0]?.message, message);
  else assert.match(body.errors?.[0]?.message ?? '', message);
  assert.equal('data' in body, false);
  const cost = { computed: null, limit: DEFAULT_OPERATION_LIMITS.maximumCost };
  assert.deepEqual(body.extensions, { snapshot, cost });
}

const sendBody = (fixture: HttpFixture, body: string, headers: Record<string, string>) =>
  fetch(`${fixture.url}/graphql`, { method: 'POST', headers, body });

test('runs a query by POST and by GET, in the type that is accepted', async () => {
  await using fixture = await createHttpFixture();
  const posted = await fixture.post('{ greeting }', { accept: 'application/graphql-response+json' });
  assert.equal(posted.status, 200);
  assert.equal(posted.headers.get('content-type'), GRAPHQL_TYPE);
  assert.deepEqual((await bodyOf(posted)).data, { greeting: 'hello' });

  const url = `${fixture.url}/graphql?query=${encodeURIComponent('{ greeting }')}`;
  const got = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
  assert.equal(got.status, 200);
  assert.equal(got.headers.get('content-type'), JSON_TYPE);
  assert.deepEqual((await bodyOf(got)).data, { greeting: 'hello' });
});

test('takes an empty parameter of a GET for one that is absent', async () => {
  await using fixture = await createHttpFixture();
  const get = (search: string) =>
    fetch(`${fixture.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': 'true' } });
  const empty = 'variables=&operationName=&extensions=';
  const response = await get(`query={__typename}&${empty}`);
  assert.equal(response.status, 200);
  assert.deepEqual((await bodyOf(response)).data, { __typename: 'Query' });
  const query = encodeURIComponent('query Wide($length: Int!) { long(length: $length) greeting # + & ü\n }');
  const variables = encodeURIComponent('{"length":3}');
  const full = await get(`${empty}&query=${query}&variables=${variables}&operationName=Wide`);
  assert.deepEqual((await bodyOf(full)).data, { long: 'xxx', greeting: 'hello' });
  await assertRefused(await get(`query=&${empty}`), 400, 'BAD_REQUEST', /must contain a non-empty `query`/);
  await assertRefused(await get('query={a}&query={b}'), 400, 'BAD_REQUEST', /only be specified once/);
});

test('lets no cache keep an answer, or give it to who accepts another type', async () => {
  await using fixture = await createHttpFixture({ http: { corsOrigins: ['https://portal.example'] } });
  const get = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${fixture.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': 'true', ...headers },
    });
  const origin = 'https://portal.example';
  for (const [answer, vary] of [
    [await fixture.post('{ greeting }', { origin }), ['accept', 'origin']],
    [await get('{ greeting }', { origin }), ['accept', 'origin']],
    [await get('{ long(length: 2000) }', { origin }), ['accept', 'accept-encoding', 'origin']],
    [await get('{'), ['accept', 'origin']],
    [await get('{ greeting }', { accept: 'text/html' }), ['accept', 'origin']],
    [await fetch(`${fixture.url}/graphql`, { method: 'PUT' }), ['accept', 'origin']],
  ] as const) {
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual((answer.headers.get('vary') ?? '').toLowerCase().split(', ').sort(), vary);
  }
});

test('does not run a mutation whose answer the caller could not read', async () => {
  await using fixture = await createHttpFixture();
  const response = await fixture.post('mutation { count }', { accept: 'text/html, application/json;q=0' });
  assert.equal(response.headers.get('content-type'), JSON_TYPE);
  await assertRefused(
    response,
    406,
    'BAD_REQUEST',
    'Accept must allow application/graphql-response+json or application/json: the operation was not executed.',
    null,
  );
  assert.equal(fixture.mutationCount(), 0);
  assert.equal((await fixture.post('mutation { count }')).status, 200);
  assert.equal(fixture.mutationCount(), 1);
});

test('answers in the type that it chose before it ran the operation', async () => {
  await using fixture = await createHttpFixture();
  const response = await fixture.post('mutation { count }', {
    accept: 'application/graphql-response+json;profile=x, text/html',
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), GRAPHQL_TYPE);
  assert.deepEqual((await bodyOf(response)).data, { count: 1 });
});

test('does not run a mutation by GET, and says which method would', async () => {
  await using fixture = await createHttpFixture();
  const url = `${fixture.url}/graphql?query=${encodeURIComponent('mutation { count }')}`;
  const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
  assert.equal(response.headers.get('allow'), 'POST');
  await assertRefused(
    response,
    405,
    'BAD_REQUEST',
    'GET requests only support query operations, not mutation operations',
  );
  assert.equal(fixture.mutationCount(), 0);
});

test('refuses a simple request, which a foreign page could send', async () => {
  await using fixture = await createHttpFixture();
  const url = `${fixture.url}/graphql?query=${encodeURIComponent('{ greeting }')}`;
  await assertRefused(await fetch(url), 400, 'BAD_REQUEST', /Cross-Site Request Forgery/);
  const empty = await fetch(`${fixture.url}/graphql`, { method: 'POST' });
  await assertRefused(empty, 400, 'BAD_REQUEST', /Cross-Site Request Forgery/);
});

test('refuses a body that is not declared as JSON, preflight header or not', async () => {
  await using fixture = await createHttpFixture();
  const body = JSON.stringify({ query: 'mutation { count }' });
  for (const type of [
    'text/plain',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'application/xml',
    'nonsense',
  ]) {
    const response = await sendBody(fixture, body, {
      'content-type': type,
      'apollo-require-preflight': 'true',
    });
    await assertRefused(response, 415, 'BAD_REQUEST', 'Content-Type must be application/json.');
  }
  assert.equal(fixture.mutationCount(), 0);
});

test('refuses a body in another charset than UTF-8, or compressed, and runs nothing', async () => {
  await using fixture = await createHttpFixture();
  const body = JSON.stringify({ query: 'mutation { count }' });
  const send = (headers: Record<string, string>) =>
    sendBody(fixture, body, { 'content-type': 'application/json', ...headers });
  for (const headers of [
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json; charset="ISO-8859-1"' },
    { 'content-type': 'application/json; boundary=x; CHARSET=utf-16le' },
    { 'content-encoding': 'gzip' },
    { 'content-encoding': 'identity, br' },
  ]) {
    await assertRefused(
      await send(headers),
      415,
      'BAD_REQUEST',
      'The body must be JSON in UTF-8 and not compressed: Content-Type application/json, with no charset or ' +
        'with charset=utf-8, and no Content-Encoding.',
      null,
    );
  }
  assert.equal(fixture.mutationCount(), 0);
  for (const headers of [
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/json;charset="UTF-8"' },
    { 'content-encoding': 'identity' },
  ]) {
    assert.equal((await send(headers)).status, 200, JSON.stringify(headers));
  }
});

test('answers a body that is no JSON in the type that is accepted', async () => {
  await using fixture = await createHttpFixture();
  const accept = 'application/graphql-response+json';
  const response = await sendBody(fixture, '{"query":', { 'content-type': 'application/json', accept });
  assert.equal(response.headers.get('content-type'), GRAPHQL_TYPE);
  await assertRefused(response, 400, 'BAD_REQUEST', 'The body must be JSON, but it cannot be parsed.');
  const empty = await sendBody(fixture, '', { 'content-type': 'application/json' });
  await assertRefused(
    empty,
    400,
    'BAD_REQUEST',
    'The body must be a JSON object with a "query", but it is empty.',
  );
});

test('refuses a JSON body that is no GraphQL request, and batches', async () => {
  await using fixture = await createHttpFixture();
  for (const body of [
    '{}',
    'null',
    '3',
    '"query"',
    '{"query":3}',
    '[{"query":"{ greeting }"}]',
    '{"query":"{ greeting }","variables":[]}',
    '{"__proto__":{"query":"{ greeting }"}}',
  ]) {
    const response = await sendBody(fixture, body, { 'content-type': 'application/json' });
    await assertRefused(response, 400, 'BAD_REQUEST', /./);
  }
});

test('refuses JSON that nests too deep, in a body and in a query string, before it is parsed', async () => {
  await using fixture = await createHttpFixture();
  const headers = { 'content-type': 'application/json', 'apollo-require-preflight': 'true' };
  const message =
    'The JSON of a request must have at most 64 arrays and objects in each other, but it has more: no operation of ' +
    'this graph takes variables so deep.';
  // The body itself is an object, and so are its variables.
  const post = (depth: number) =>
    sendBody(
      fixture,
      `{"query":"{ greeting }","variables":{"a":${'['.repeat(depth)}"[[["${']'.repeat(depth)}}}`,
      headers,
    );
  assert.equal((await post(62)).status, 200);
  await assertRefused(await post(63), 400, 'BAD_REQUEST', message);
  await assertRefused(await sendBody(fixture, '['.repeat(200_000), headers), 400, 'BAD_REQUEST', message);
  for (const name of ['variables', 'extensions']) {
    const get = (depth: number) => {
      const search = new URLSearchParams({ query: '{ greeting }' });
      search.set(name, `{"a":${'['.repeat(depth)}"[[["${']'.repeat(depth)}}`);
      return fetch(`${fixture.url}/graphql?${search}`, { headers });
    };
    assert.equal((await get(63)).status, 200);
    await assertRefused(await get(64), 400, 'BAD_REQUEST', message);
  }
});

test('refuses JSON of more than 10,000 arrays and objects, before it is parsed', async () => {
  await using fixture = await createHttpFixture();
  const send = (count: number) =>
    sendBody(fixture, `{"query":"{ greeting }","variables":{"a":[${Array(count).fill('{}')}]}}`, {
      'content-type': 'application/json',
    });
  // The body, its variables and the list are three.
  assert.equal((await send(9_997)).status, 200);
  await assertRefused(
    await send(9_998),
    400,
    'BAD_REQUEST',
    'The JSON of a request must have at most 10000 arrays and objects, but it has more: ask in several requests, or for ' +
      'many values by one list.',
  );
});

test('refuses a body over the limit', async () => {
  await using fixture = await createHttpFixture({ http: { bodyLimitBytes: 100 } });
  await assertRefused(
    await fixture.post(`{ greeting } # ${'x'.repeat(100)}`),
    413,
    'BAD_REQUEST',
    'The body is larger than this server reads: send a shorter document or fewer variables.',
  );
  assert.equal((await fixture.post('{ greeting }')).status, 200);
  await using asInstalled = await createHttpFixture();
  assert.equal((await asInstalled.post(`{ greeting } # ${'x'.repeat(262_100)}`)).status, 200);
  assert.equal((await asInstalled.post(`{ greeting } # ${'x'.repeat(262_144)}`)).status, 413);
});

test('refuses other methods, and names those that it takes', async () => {
  await using fixture = await createHttpFixture();
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await fetch(`${fixture.url}/graphql`, { method });
    assert.equal(response.headers.get('allow'), 'GET, POST', method);
    await assertRefused(response, 405, 'BAD_REQUEST', 'The method must be GET for queries, or POST.', null);
  }
  assert.equal((await fetch(`${fixture.url}/graphql`, { method: 'HEAD' })).status, 405);
  // A method that fetch does not send.
  const traced = await new Promise<IncomingMessage>((resolve, reject) => {
    sendRequest(`${fixture.url}/graphql`, { method: 'TRACE' }, resolve).on('error', reject).end();
  });
  traced.resume();
  assert.deepEqual([traced.statusCode, traced.headers.allow], [405, 'GET, POST']);
});

test('answers a request whose Host header names no host', async () => {
  await using fixture = await createHttpFixture();
  const { port } = new URL(fixture.url);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const path = `/graphql?query=${encodeURIComponent('{ greeting }')}`;
    const headers = { host: '[', 'apollo-require-preflight': 'true' };
    const request = sendRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject).end();
  });
  assert.equal(status, 200);
});

test('hands the request id to the context, the answer and the log', async () => {
  await using fixture = await createHttpFixture();
  const response = await fixture.post('{ greeting }', { 'x-request-id': 'ticket-42' });
  assert.equal(response.headers.get('x-request-id'), 'ticket-42');
  assert.equal(fixture.calls[0]?.requestId, 'ticket-42');
  fixture.calls[0]?.log.info({}, 'from the context');
  await fixture.server.stop({ graceMs: 60_000 });
  const lines = fixture.logLines().filter((line) => line.requestId === 'ticket-42');
  assert.deepEqual(lines.map((line) => line.msg).sort(), ['from the context', 'request answered']);
});

test('makes a request id when none came, and gives the same one everywhere', async () => {
  await using fixture = await createHttpFixture();
  const response = await fixture.post('{ greeting }', { 'x-request-id': 'two words' });
  const id = response.headers.get('x-request-id');
  assert.match(id ?? '', /^[\da-f-]{36}$/);
  assert.equal(fixture.calls[0]?.requestId, id);
});

test('logs one line for a request, without its query string', async () => {
  await using fixture = await createHttpFixture();
  const url = `${fixture.url}/graphql?query=${encodeURIComponent('{ greeting }')}&secret=hunter2`;
  await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
  await fixture.server.stop({ graceMs: 60_000 });
  const lines = fixture.logLines().filter((line) => line.msg === 'request answered');
  assert.equal(lines.length, 1);
  const { method, path, statusCode, durationMs } = lines[0] ?? {};
  assert.deepEqual({ method, path, statusCode }, { method: 'GET', path: '/graphql', statusCode: 200 });
  assert.equal(typeof durationMs, 'number');
  assert.equal(JSON.stringify(fixture.logLines()).includes('hunter2'), false);
});
