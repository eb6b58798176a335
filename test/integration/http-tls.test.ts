/** The server with a certificate of its own: what it speaks, what it refuses, and how it ends. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { Agent, request as requestSecurely } from 'node:https';
import { connect as connectPlainly } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Repeat } from '../../src/http/reader-watch.ts';
import { createHttpFixture, type HttpFixtureOptions } from '../support/http-fixture.ts';
import { mintCertificate } from '../support/minted-certificate.ts';

const { certificate: cert, privateKey: key } = mintCertificate('localhost', ['127.0.0.1']);
const PREFLIGHT = { 'apollo-require-preflight': '1' };

const createSecureFixture = (options: HttpFixtureOptions = {}) =>
  createHttpFixture({ ...options, http: { tls: { cert, key }, ...options.http } });

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function get(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { ca: cert, headers: PREFLIGHT, agent: agent ?? (false as const) };
    requestSecurely(url, options, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode, headers: response.headers, text });
    })
      .on('error', reject)
      .end();
  });
}

function shakeHands(url: string, versions: { minVersion?: SecureVersion; maxVersion?: SecureVersion } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca: cert, ...versions }, () =>
      resolve(socket),
    );
    socket.on('error', reject);
  });
}

test('speaks HTTPS, says so in its address, and has browsers remember it', async () => {
  await using fixture = await createSecureFixture();
  assert.match(fixture.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  for (const path of ['/graphql?query={greeting}', '/health/live', '/health/ready', '/schema.graphql']) {
    const { status, headers } = await get(`${fixture.url}${path}`);
    assert.equal(status, 200, path);
    assert.equal(headers['strict-transport-security'], 'max-age=15552000');
  }
  await using plain = await createHttpFixture();
  const { headers } = await fetch(`${plain.url}/health/live`);
  assert.equal(headers.get('strict-transport-security'), null);
});

test('shakes hands by TLS 1.2 and 1.3, and by nothing older', async () => {
  await using fixture = await createSecureFixture();
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shakeHands(fixture.url, { minVersion: version, maxVersion: version });
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  await assert.rejects(shakeHands(fixture.url, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
});

test('answers nobody who speaks plain HTTP to it', async () => {
  await using fixture = await createSecureFixture();
  const url = new URL('/health/live', fixture.url.replace('https', 'http'));
  await assert.rejects(
    new Promise((resolve, reject) => {
      request(url, { agent: false }, resolve).on('error', reject).end();
    }),
  );
  assert.equal((await get(`${fixture.url}/health/live`)).status, 200);
});

test('answers the request under way when it stops, and closes what is idle', async () => {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<string>();
  const slow = () => {
    entered.resolve();
    return released.promise;
  };
  await using fixture = await createSecureFixture({ slow });
  const agent = new Agent({ keepAlive: true });
  await get(`${fixture.url}/health/live`, agent);
  const answer = get(`${fixture.url}/graphql?query=%7Bslow%7D`);
  await entered.promise;
  const stopping = fixture.server.stop({ graceMs: 60_000 });
  released.resolve('done');
  const { status, headers, text } = await answer;
  assert.deepEqual([status, headers.connection, JSON.parse(text).data], [200, 'close', { slow: 'done' }]);
  await stopping;
  agent.destroy();
});

test('a stop does not wait for those who never shake hands longer than its grace period', async () => {
  const clock = { now: () => 0, sleep: async () => undefined };
  await using fixture = await createSecureFixture({ http: { clock } });
  const { hostname, port } = new URL(fixture.url);
  const socket = connectPlainly({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await get(`${fixture.url}/health/live`);
  await fixture.server.stop({ graceMs: 1 });
  await closed;
});

test('cuts a connection that does not shake hands in time', async () => {
  await using fixture = await createSecureFixture({ http: { connectionLimits: { headersTimeoutMs: 50 } } });
  const { hostname, port } = new URL(fixture.url);
  const socket = connectPlainly({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'close');
  assert.equal((await get(`${fixture.url}/health/live`)).status, 200);
});

test('an answer that nobody reads ends its connection as over plain HTTP', async () => {
  let look = (): void => undefined;
  const repeat: Repeat = (_intervalMs, action) => {
    look = action;
    return { [Symbol.dispose]: () => undefined };
  };
  await using fixture = await createSecureFixture({ http: { repeat } });
  const socket = await shakeHands(fixture.url);
  socket.pause();
  socket.write(
    'GET /graphql?query=%7Blong(length:32000000)%7D HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n\r\n',
  );
  const findLine = () => fixture.logLines().find(({ event }) => event === 'request');
  while (findLine() === undefined) {
    look();
    await nextTurn();
  }
  assert.equal(findLine()!.outcome, 'unread');
  socket.destroy();
});
