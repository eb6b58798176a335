/** The line of a request in the log: of those that are refused before the graph sees them, and of those that nobody waits for. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Caller } from '../../src/core/caller.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';

const CALLER: Caller = {
  id: 'issuer tenant object',
  subject: 'object',
  kind: 'USER',
  rights: new Set(['Inventory.Read']),
  rbacGroupIds: ['7'],
};
const JSON_TYPE = { 'content-type': 'application/json' };

const requestLines = (fixture: HttpFixture) => fixture.logLines().filter(({ event }) => event === 'request');

/** The one line there is, once it is there. */
async function lineOf(fixture: HttpFixture) {
  while (requestLines(fixture).length === 0) await setImmediate();
  const [line, ...others] = requestLines(fixture);
  assert.deepEqual(others, []);
  return line!;
}

test('a request that is refused before the graph has a line, with who asked and why', async () => {
  const known = { id: CALLER.id, subject: CALLER.subject, kind: CALLER.kind };
  for (const [request, statusCode, caller, errorCodes] of [
    [
      { headers: { ...JSON_TYPE, accept: 'text/html' }, body: '{"query":"{ greeting }"}' },
      406,
      null,
      ['BAD_REQUEST'],
    ],
    [{ method: 'PUT' }, 405, null, ['BAD_REQUEST']],
    [{ headers: { ...JSON_TYPE, 'content-encoding': 'br' }, body: 'x' }, 415, null, ['BAD_REQUEST']],
    [{ headers: { 'content-type': 'text/plain' }, body: 'x' }, 415, known, ['BAD_REQUEST']],
    [{ headers: JSON_TYPE, body: '{' }, 400, known, ['BAD_REQUEST']],
    [{ headers: JSON_TYPE, body: `{"query":"${'x'.repeat(2_000)}"}` }, 413, known, ['BAD_REQUEST']],
    [{ headers: JSON_TYPE, body: '[]' }, 400, known, ['BAD_REQUEST']],
    [{}, 400, known, ['BAD_REQUEST']],
  ] as const) {
    await using fixture = await createHttpFixture({
      http: { identify: () => CALLER, bodyLimitBytes: 1_000 },
    });
    const response = await fetch(`${fixture.url}/graphql?secret=hunter2`, { method: 'POST', ...request });
    assert.equal(response.status, statusCode);
    const { level, time, pid, hostname, requestId, durationMs, msg, ...line } = await lineOf(fixture);
    assert.deepEqual(line, {
      event: 'request',
      method: 'method' in request ? request.method : 'POST',
      path: '/graphql',
      statusCode,
      remoteAddress: '127.0.0.1',
      caller,
      operationName: null,
      operationType: null,
      operationHash: null,
      cost: null,
      rows: 0,
      outcome: 'refused',
      errorCodes,
    });
  }
});

test('a caller that cannot be identified is nobody in its line, and its token is not in the log', async () => {
  await using fixture = await createHttpFixture({
    http: {
      identify: async () => {
        throw Object.assign(new Error('no'), { statusCode: 401 });
      },
    },
  });
  const response = await fixture.post('{ greeting }', { authorization: 'Bearer hunter2' });
  assert.equal(response.status, 401);
  const { caller, outcome, statusCode } = await lineOf(fixture);
  assert.deepEqual({ caller, outcome, statusCode }, { caller: null, outcome: 'refused', statusCode: 401 });
  assert.doesNotMatch(JSON.stringify(fixture.logLines()), /hunter2/);
});

test('paths beside the graph have the line without who and what', async () => {
  await using fixture = await createHttpFixture();
  await fetch(`${fixture.url}/schema.graphql?secret=hunter2`);
  const { level, time, pid, hostname, requestId, durationMs, msg, ...line } = await lineOf(fixture);
  assert.deepEqual(line, {
    event: 'request',
    method: 'GET',
    path: '/schema.graphql',
    statusCode: 200,
    remoteAddress: '127.0.0.1',
  });
});

test('an operation that nobody waits for any more has its line when it has ended', async () => {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<string>();
  await using fixture = await createHttpFixture({
    slow: () => {
      entered.resolve();
      return released.promise;
    },
    http: { identify: () => CALLER },
  });
  const leaving = new AbortController();
  const asked = fetch(`${fixture.url}/graphql?query={slow}`, {
    headers: { 'apollo-require-preflight': '1' },
    signal: leaving.signal,
  });
  await entered.promise;
  leaving.abort();
  await assert.rejects(asked);
  while (fixture.calls[0]?.isAbandoned?.() !== true) await setImmediate();
  await setImmediate();
  assert.deepEqual(requestLines(fixture), []);
  released.resolve('done');
  const { statusCode, outcome, caller, remoteAddress, msg } = await lineOf(fixture);
  assert.deepEqual(
    { statusCode, outcome, msg, remoteAddress, id: (caller as Caller).id },
    {
      statusCode: null,
      outcome: 'abandoned',
      msg: 'request abandoned',
      remoteAddress: '127.0.0.1',
      id: CALLER.id,
    },
  );
});

test('a request whose body never comes has a line', async () => {
  await using fixture = await createHttpFixture({ http: { identify: () => CALLER } });
  const { hostname, port } = new URL(fixture.url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  socket.end();
  await once(socket.resume(), 'close');
  const { outcome, caller } = await lineOf(fixture);
  assert.deepEqual([outcome, (caller as Caller).id], ['abandoned', CALLER.id]);
});

test('a proxy is believed by its IPv4 address where the connection has it written in IPv6, and the other way round', async () => {
  const mapped = '::ffff:127.0.0.1';
  for (const [host, trustedProxies, remoteAddress] of [
    [mapped, ['127.0.0.1'], '198.51.100.7'],
    [mapped, ['127.0.0.0/8'], '198.51.100.7'],
    [mapped, ['10.0.0.0/8'], mapped],
    [mapped, ['::ffff:127.0.0.1'], '198.51.100.7'],
    ['127.0.0.1', ['::ffff:127.0.0.0/104'], '198.51.100.7'],
    ['127.0.0.1', ['::ffff:10.0.0.0/104'], '127.0.0.1'],
  ] as const) {
    await using fixture = await createHttpFixture({ host, http: { trustedProxies } });
    await fixture.post('{ greeting }', { 'x-forwarded-for': '198.51.100.7' });
    assert.equal((await lineOf(fixture)).remoteAddress, remoteAddress);
  }
});

test('the address is what a proxy says, when it is one that is believed', async () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
  for (const [trustedProxies, headers, remoteAddress] of [
    [[], forwarded, '127.0.0.1'],
    [['10.0.0.0/8'], forwarded, '127.0.0.1'],
    [['127.0.0.1'], forwarded, '198.51.100.7'],
    [['127.0.0.0/8', '198.51.100.0/24'], forwarded, '203.0.113.9'],
    [['127.0.0.1'], { 'x-forwarded-for': '{"forged":"line"}' }, '127.0.0.1'],
    [['127.0.0.1'], { 'x-forwarded-for': 'x'.repeat(5_000) }, '127.0.0.1'],
  ] as const) {
    await using fixture = await createHttpFixture({ http: { trustedProxies } });
    await fixture.post('{ greeting }', headers);
    assert.equal((await lineOf(fixture)).remoteAddress, remoteAddress);
  }
});
