/** The rates of callers over HTTP, as a client meets them: who is refused, when, and what each answer says. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ApolloServer } from '@apollo/server';
import { parseConfig } from '../../src/config/config.ts';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { RateAmounts } from '../../src/core/rates.ts';
import type { GatewayContext } from '../../src/graphql/context.ts';
import { createErrorMapping } from '../../src/graphql/error-mapping.ts';
import { createRateLimitedPlugin } from '../../src/graphql/response-plugins.ts';
import { createRequestRates } from '../../src/http/request-rates.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { startGraphServer } from '../support/graph-server.ts';
import { createHarness } from '../support/graphql-harness.ts';
import { SERVED_SNAPSHOT } from '../support/http-fixture.ts';
import { createManualClock } from '../support/manual-clock.ts';

const SCHEMA_TEXT = 'type Query { greeting: String }';
const DEFAULT_LIMITS = parseConfig({
  AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
  AZURE_CLIENT_SECRET: 'value',
}).rates;
const EXTENSIONS = { snapshot: SERVED_SNAPSHOT.extension, cost: { computed: null, limit: 1_000 } };

/** Named by the token itself; without one nobody in particular. */
function identify(authorization: string | undefined): Caller {
  if (authorization === 'Bearer forged') throw new GatewayError('UNAUTHENTICATED', 'Sign in again.');
  if (authorization === undefined) return ANONYMOUS_CALLER;
  return { ...ANONYMOUS_CALLER, id: authorization, subject: authorization, kind: 'USER' };
}

async function serve(limits: RateAmounts) {
  const clock = createManualClock(Date.UTC(2026, 10, 1, 12));
  const refusals: string[] = [];
  const apollo = new ApolloServer<GatewayContext>({
    typeDefs: SCHEMA_TEXT,
    resolvers: { Query: { greeting: () => 'hello' } },
    formatError: createErrorMapping(silentLogger).formatError,
    stopOnTerminationSignals: false,
    plugins: [
      createRateLimitedPlugin(),
      {
        requestDidStart: async () => ({
          // The cost of an operation is what a client of this test says that it is.
          didResolveOperation: ({ contextValue, request }) =>
            contextValue.takeCost(Number(request.http?.headers.get('x-cost') ?? 0)),
        }),
      },
    ],
  });
  const server = await startGraphServer({
    apollo,
    services: { clock },
    http: {
      identify,
      openRates: createRequestRates({
        limiter: createMemoryRates({ limits, clock }),
        clock,
        onRefused: ({ kind }) => void refusals.push(kind),
      }),
      schemaText: SCHEMA_TEXT,
      corsOrigins: ['https://portal.example'],
    },
  });
  const { url } = server;
  const post = (caller: string | null, headers: Record<string, string> = {}, query = '{ greeting }') =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(caller === null ? {} : { authorization: `Bearer ${caller}` }),
        ...headers,
      },
      body: JSON.stringify({ query }),
    });
  return {
    url,
    clock,
    refusals,
    post,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What an answer says of its caller's rates. */
function ratesOf({ status, headers }: Response) {
  return [status, headers.get('ratelimit'), headers.get('retry-after')];
}

const POLICY = '"requests";q=3;w=60, "cost";q=100;qu="cost";w=60';

test('each answer says what holds and what is left, and the one too many is 429 with the time to wait', async () => {
  await using served = await serve({ requests: 3, cost: 100 });
  const first = await served.post('one', { 'x-cost': '40', origin: 'https://portal.example' });
  assert.deepEqual(ratesOf(first), [200, '"requests";r=2, "cost";r=60', null]);
  assert.equal(first.headers.get('ratelimit-policy'), POLICY);
  assert.match(
    first.headers.get('access-control-expose-headers') ?? '',
    /retry-after.*ratelimit, ratelimit-policy/,
  );
  assert.deepEqual(ratesOf(await served.post('one')), [200, '"requests";r=1, "cost";r=60', null]);
  assert.deepEqual(ratesOf(await served.post('one')), [200, '"requests";r=0, "cost";r=60', null]);

  const refused = await served.post('one', { accept: 'application/graphql-response+json' });
  assert.deepEqual(ratesOf(refused), [429, '"requests";r=0, "cost";r=60', '20']);
  assert.equal(refused.headers.get('ratelimit-policy'), POLICY);
  assert.equal(refused.headers.get('content-type'), 'application/graphql-response+json; charset=utf-8');
  assert.equal(refused.headers.get('cache-control'), 'no-store');
  assert.deepEqual(await refused.json(), {
    errors: [
      {
        message:
          'The requests of one caller must be at most 3 a minute, and none is left: ask again in 20 seconds.',
        extensions: { code: 'RATE_LIMITED' },
      },
    ],
    extensions: EXTENSIONS,
  });
  assert.deepEqual(served.refusals, ['requests']);

  await served.clock.advance(20_000);
  assert.equal((await served.post('one')).status, 200);
});

test('a flood of one caller leaves the others untouched', async () => {
  await using served = await serve({ requests: 3, cost: 100 });
  const flood = await Promise.all(Array.from({ length: 30 }, () => served.post('one')));
  assert.equal(flood.filter(({ status }) => status === 200).length, 3);
  assert.equal(flood.filter(({ status }) => status === 429).length, 27);
  assert.deepEqual(ratesOf(await served.post('two')), [200, '"requests";r=2, "cost";r=100', null]);
});

test('an operation that costs more than is left is not executed, and told how long to wait', async () => {
  await using served = await serve({ requests: 100, cost: 600 });
  assert.equal((await served.post('one', { 'x-cost': '590' })).status, 200);
  const refused = await served.post('one', { 'x-cost': '45' });
  assert.deepEqual(ratesOf(refused), [429, '"requests";r=98, "cost";r=10', '4']);
  assert.deepEqual(await refused.json(), {
    errors: [
      {
        message:
          "The cost of one caller's operations must be at most 600 a minute, but this operation costs 45 and 10 are left: ask again in 4 seconds, or for less.",
        extensions: { code: 'RATE_LIMITED', rule: 'be at most 600 a minute', value: 45 },
      },
    ],
    extensions: EXTENSIONS,
  });
  assert.deepEqual(served.refusals, ['cost']);
  assert.equal((await served.post('one', { 'x-cost': '10' })).status, 200);
  await served.clock.advance(4_500);
  assert.equal((await served.post('one', { 'x-cost': '45' })).status, 200);
});

test('an operation that costs more than a minute brings is told so, and not to come again', async () => {
  await using served = await serve({ requests: 100, cost: 600 });
  const refused = await served.post('one', { 'x-cost': '601' });
  assert.deepEqual(ratesOf(refused), [429, '"requests";r=99, "cost";r=600', null]);
  const { errors } = (await refused.json()) as { errors: { message: string }[] };
  assert.equal(
    errors[0]?.message,
    "The cost of one caller's operations must be at most 600 a minute, but this operation alone costs 601: it will never be answered. Ask for smaller pages or fewer levels.",
  );
});

test('what cannot be executed counts as a request too, by GET as well, and says what is left', async () => {
  await using served = await serve({ requests: 3, cost: 100 });
  const refusedBody = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', authorization: 'Bearer one' },
    body: '{',
  });
  assert.deepEqual(ratesOf(refusedBody), [415, '"requests";r=2, "cost";r=100', null]);
  assert.deepEqual(ratesOf(await served.post('one', {}, '{ nonsense')), [
    400,
    '"requests";r=1, "cost";r=100',
    null,
  ]);
  const get = () =>
    fetch(`${served.url}/graphql?query=%7Bgreeting%7D`, {
      headers: { authorization: 'Bearer one', 'apollo-require-preflight': 'true' },
    });
  assert.deepEqual(ratesOf(await get()), [200, '"requests";r=0, "cost";r=100', null]);
  assert.deepEqual(ratesOf(await get()), [429, '"requests";r=0, "cost";r=100', '20']);
});

test('a body that cannot be read is charged for its bytes', async () => {
  await using served = await serve({ requests: 10, cost: 1_000 });
  const send = (body: string) =>
    fetch(`${served.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer one' },
      body,
    });
  assert.deepEqual(ratesOf(await send('{')), [400, '"requests";r=9, "cost";r=999', null]);
  assert.deepEqual(ratesOf(await send('['.repeat(6_400))), [400, '"requests";r=8, "cost";r=898', null]);
  assert.deepEqual(ratesOf(await send('"'.repeat(64_000))), [400, '"requests";r=7, "cost";r=898', null]);
});

test('who is refused is refused before the body is read', async () => {
  await using served = await serve({ requests: 1, cost: 0 });
  await served.post('one');
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  const head = ['POST /graphql HTTP/1.1', 'Host: localhost', 'Authorization: Bearer one'];
  // The body is announced, and never sent.
  socket.write([...head, 'Content-Type: application/json', 'Content-Length: 1000', '', ''].join('\r\n'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(answer.toString(), /^HTTP\/1\.1 429 /);
});

test('who is not identified has no rate, and who cannot be takes from none', async () => {
  await using served = await serve({ requests: 1, cost: 1 });
  for (let request = 0; request < 5; request += 1) {
    const answer = await served.post(null, { 'x-cost': '1000' });
    assert.deepEqual(ratesOf(answer), [200, null, null]);
    assert.equal(answer.headers.get('ratelimit-policy'), null);
  }
  for (let request = 0; request < 5; request += 1) await served.post('forged');
  assert.deepEqual(served.refusals, []);
});

test('a kind without a limit is in no header', async () => {
  await using served = await serve({ requests: 0, cost: 50 });
  for (let request = 0; request < 5; request += 1) {
    const answer = await served.post('one', { 'x-cost': '10' });
    assert.deepEqual(ratesOf(answer), [200, `"cost";r=${40 - 10 * request}`, null]);
    assert.equal(answer.headers.get('ratelimit-policy'), '"cost";q=50;qu="cost";w=60');
  }
  assert.equal((await served.post('one', { 'x-cost': '1' })).status, 429);
});

test('without any limit nothing is counted and nothing is said', async () => {
  await using served = await serve({ requests: 0, cost: 0 });
  assert.deepEqual(ratesOf(await served.post('one', { 'x-cost': '1e12' })), [200, null, null]);
});

test('a burst of a hundred requests of one caller passes with the limits that hold by default', async () => {
  await using served = await serve(DEFAULT_LIMITS);
  const burst = await Promise.all(
    Array.from({ length: 100 }, () => served.post('one', { 'x-cost': '10000' })),
  );
  assert.deepEqual([...new Set(burst.map(({ status }) => status))], [200]);
});

test('a thousand rows with a relation can be asked for a hundred times in a burst by default', async () => {
  await using harness = await createHarness();
  for (const query of [
    '{ installations(first: 1000) { totalCount pageInfo { endCursor } edges { cursor node { id path certificate { id thumbprint subject { text } notAfter } device { id deviceId name } } } } }',
    '{ devices(first: 1000) { nodes { id name installations(first: 5) { nodes { path } } } } }',
    '{ certificates(first: 1000) { nodes { id thumbprint notAfter installations { totalCount } } } }',
  ]) {
    const { extensions } = await harness.run(query);
    const { computed } = extensions!.cost as { computed: number };
    assert.ok(computed > 1_000 && 100 * computed <= DEFAULT_LIMITS.cost, `${computed}: ${query}`);
  }
});
