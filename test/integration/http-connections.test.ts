/** Callers that keep a server waiting on purpose, on the wire. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { GatewayError } from '../../src/core/errors.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';

const SOON = { headersTimeoutMs: 50, requestTimeoutMs: 100 };

async function open({ url }: HttpFixture): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setEncoding('latin1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What comes until the server closes. */
async function readAll(socket: Socket): Promise<string> {
  const texts: string[] = [];
  socket.on('data', (text: string) => void texts.push(text));
  await once(socket, 'close');
  return texts.join('');
}

test('slow headers: a head that is not finished in time is answered 408 and cut', async () => {
  await using fixture = await createHttpFixture({ http: { connectionLimits: SOON } });
  const socket = await open(fixture);
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
});

test('slow bodies: a mutation that is not sent in time is cut, and never runs', async () => {
  await using fixture = await createHttpFixture({ http: { connectionLimits: SOON } });
  const socket = await open(fixture);
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n' +
      '{"query":"mutation { count }"',
  );
  assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
  assert.equal(fixture.mutationCount(), 0);
});

for (const [name, head] of [
  ['whose length is said', 'Content-Length: 9000000000'],
  ['in chunks', 'Transfer-Encoding: chunked'],
] as const) {
  for (const [path, method] of [
    ['/graphql', 'POST'],
    ['/health/live', 'GET'],
  ] as const) {
    test(`endless bodies: what is answered at ${path} without its body, ${name}, ends the connection`, async () => {
      await using fixture = await createHttpFixture({
        http: {
          identify: () => {
            throw new GatewayError('UNAUTHENTICATED', 'Sign in again.');
          },
        },
      });
      const socket = await open(fixture);
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n`,
      );
      assert.match(await readAll(socket), /^HTTP\/1\.1 (?:200|401) .*\r\nconnection: close\r\n/is);
    });
  }
}

test('a refused request with an ordinary body leaves the connection open', async () => {
  await using fixture = await createHttpFixture({
    http: {
      identify: () => {
        throw new GatewayError('UNAUTHENTICATED', 'Sign in again.');
      },
    },
  });
  const response = await fixture.post('{ greeting }');
  assert.deepEqual([response.status, response.headers.get('connection')], [401, 'keep-alive']);
});

test('silence: a connection that sends nothing is cut', async () => {
  await using fixture = await createHttpFixture({ http: { connectionLimits: SOON } });
  await readAll(await open(fixture));
  assert.equal((await fixture.post('{ greeting }')).status, 200);
});

test('too many connections: further ones are closed at once, said once, and taken again when others end', async () => {
  await using fixture = await createHttpFixture({ http: { connectionLimits: { maximumConnections: 2 } } });
  const held = [await open(fixture), await open(fixture)];
  for (let attempt = 0; attempt < 3; attempt += 1) assert.equal(await readAll(await open(fixture)), '');
  const said = fixture.logLines().filter(({ event }) => event === 'connections_refused');
  assert.deepEqual(
    said.map(({ refused, maximumConnections }) => [refused, maximumConnections]),
    [[1, 2]],
  );
  for (const socket of held)
    socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  for (const socket of held) assert.match(await readAll(socket), /^HTTP\/1\.1 200 /);
  // The server learns of their ends a moment later than this end does.
  const answered = async () => (await fixture.post('{ greeting }').catch(() => undefined))?.status === 200;
  while (!(await answered()));
});

test('a head larger than 16 KiB is answered 431, and says nothing of what it held', async () => {
  await using fixture = await createHttpFixture();
  const socket = await open(fixture);
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${'hunter2'.repeat(4_000)}\r\n\r\n`,
  );
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 431 /);
  assert.doesNotMatch(answer, /hunter2/);
  assert.doesNotMatch(JSON.stringify(fixture.logLines()), /hunter2/);
});

test('what is no HTTP is answered 400, and says nothing of what it was', async () => {
  await using fixture = await createHttpFixture();
  const socket = await open(fixture);
  socket.write('hunter2 / HTTP/0.8\r\n\r\n');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.doesNotMatch(answer + JSON.stringify(fixture.logLines()), /hunter2/);
});

test('a request with two lengths, or a length and chunks, is refused: no request is smuggled past a proxy', async () => {
  await using fixture = await createHttpFixture();
  for (const heads of [
    'Content-Length: 5\r\nContent-Length: 6\r\n',
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding: chunked, identity\r\n',
  ]) {
    const socket = await open(fixture);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${heads}\r\n0\r\n\r\n`,
    );
    assert.match(await readAll(socket), /^HTTP\/1\.1 400 /, heads);
  }
});
