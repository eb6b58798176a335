/** Several requests on one connection, before the first is answered. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAXIMUM_WAITING_REQUESTS } from '../../src/http/request-order.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';
import { openRawConnection } from '../support/raw-connection.ts';

/** A query whose answer tells it from the others, by the length of its text. */
function get(query: string, headers = ''): string {
  const search = encodeURIComponent(query);
  return `GET /graphql?query=${search} HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n${headers}\r\n`;
}

function post(query: string, headers = ''): string {
  const body = JSON.stringify({ query });
  return `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
}

/** The lengths of the texts in the answers, in order. */
function toLengths(answers: string): number[] {
  return [...answers.matchAll(/"long":"(x*)"/g)].map(([, text]) => text!.length);
}

/** A `slow` field whose calls are held until each is let go. */
function createHeldField() {
  const held: (() => void)[] = [];
  let onHeld = Promise.withResolvers<void>();
  return {
    slow: () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      held.push(() => resolve('done'));
      onHeld.resolve();
      return promise;
    },
    /** Waits until one is held, and lets it go. */
    letGo: async () => {
      if (held.length === 0) await onHeld.promise;
      onHeld = Promise.withResolvers();
      held.shift()!();
    },
  };
}

test('one request is handled at a time, and all are answered in order', async () => {
  const field = createHeldField();
  await using fixture = await createHttpFixture({ slow: field.slow });
  using client = await openRawConnection(fixture.url);
  const lengths = Array.from({ length: MAXIMUM_WAITING_REQUESTS + 1 }, (_, index) => index);
  const texts = lengths.map((length) =>
    (length % 2 === 0 ? get : post)(
      `{ long(length: ${length}) slow }`,
      length === lengths.length - 1 ? 'Connection: close\r\n' : '',
    ),
  );
  client.socket.write(texts.join(''));
  const answers = client.readAll();
  await untilCalled(fixture, 1);
  await (await fixture.post('{ greeting }')).text();
  assert.equal(fixture.calls.length, 2, 'the first of this connection, and the one of the other');
  for (const _length of lengths) await field.letGo();
  assert.deepEqual(toLengths(await answers), lengths);
});

test('the next request begins only when the answer before has been taken by the system', async () => {
  await using fixture = await createHttpFixture();
  using client = await openRawConnection(fixture.url);
  const long = 32_000_000;
  client.socket.write(get(`{ long(length: ${long}) }`) + get('{ long(length: 1) }', 'Connection: close\r\n'));
  await untilCalled(fixture, 1);
  // The answer is larger than what both systems hold: the second request begins when it is read, not before.
  const other = await fixture.post('{ greeting }');
  assert.equal(other.status, 200);
  await other.text();
  assert.equal(fixture.calls.length, 2, 'the first of this connection, and the one of the other');
  assert.deepEqual(toLengths(await client.readAll()), [long, 1]);
});

test('a connection with more requests than may wait is cut, and those that waited are never begun', async () => {
  const field = createHeldField();
  await using fixture = await createHttpFixture({ slow: field.slow });
  using client = await openRawConnection(fixture.url);
  client.socket.resume();
  client.socket.write(get('{ slow }').repeat(MAXIMUM_WAITING_REQUESTS + 2));
  await client.closed;
  await field.letGo();
  assert.equal((await fixture.post('{ greeting }')).status, 200, 'other connections are none the wiser');
  assert.equal(fixture.calls.length, 2);
});

test('a request that waits is never begun once its connection has closed', async () => {
  const field = createHeldField();
  await using fixture = await createHttpFixture({ slow: field.slow });
  using client = await openRawConnection(fixture.url);
  client.socket.write(get('{ slow }').repeat(2));
  await untilCalled(fixture, 1);
  client.socket.destroy();
  while (fixture.calls[0]!.isAbandoned?.() !== true) await nextTurn();
  await field.letGo();
  while (!fixture.logLines().some(({ event }) => event === 'request')) await nextTurn();
  assert.equal(fixture.calls.length, 1);
});

test('a stop answers the requests that wait on a connection, and closes it after the last', async () => {
  const field = createHeldField();
  await using fixture = await createHttpFixture({ slow: field.slow });
  using client = await openRawConnection(fixture.url);
  client.socket.write([1, 2, 3].map((length) => get(`{ long(length: ${length}) slow }`)).join(''));
  const answers = client.readAll();
  await untilCalled(fixture, 1);
  const stopped = fixture.server.stop({ graceMs: 60_000 });
  for (let count = 0; count < 3; count += 1) await field.letGo();
  const text = await answers;
  assert.deepEqual(toLengths(text), [1, 2, 3]);
  assert.equal(text.match(/^connection: close\r$/gim)?.length, 1);
  await stopped;
});

async function untilCalled({ calls }: HttpFixture, count: number): Promise<void> {
  while (calls.length < count) await nextTurn();
}
