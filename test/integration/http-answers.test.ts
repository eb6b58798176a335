/** Answers on their way: long ones, and ones that nobody reads. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { PIECE_BYTES } from '../../src/http/answer-pieces.ts';
import { LOOKS_WITHOUT_PROGRESS, type Repeat } from '../../src/http/reader-watch.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';
import { openRawConnection, type RawConnection } from '../support/raw-connection.ts';
import { sendRaw } from '../support/raw-http.ts';
import { noteServerSockets } from '../support/server-sockets.ts';

const PREFLIGHT = { 'apollo-require-preflight': '1' };

function longQuery(url: string, length: number): string {
  return `${url}/graphql?query=${encodeURIComponent(`{ long(length: ${length}) }`)}`;
}

/** Asks for a long answer and reads nothing of it. */
async function askAndNotRead(url: string, length: number): Promise<RawConnection> {
  const connection = await openRawConnection(url);
  const { pathname, search } = new URL(longQuery(url, length));
  connection.socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n\r\n`,
  );
  return connection;
}

/** Resolves when what waits to be sent has been the same for many turns: then both systems have all that they take. */
async function untilStalled({ accepted }: { readonly accepted: readonly Socket[] }): Promise<Socket> {
  for (let quietTurns = 0, before = -1; quietTurns < 200; ) {
    await nextTurn();
    const socket = accepted[0];
    const now = socket === undefined ? -1 : socket.bytesWritten - socket.writableLength;
    quietTurns = now === before && (socket?.writableLength ?? 0) > 0 ? quietTurns + 1 : 0;
    before = now;
  }
  return accepted[0]!;
}

for (const length of [PIECE_BYTES, 3 * PIECE_BYTES + 1]) {
  test(`an answer with a text of ${length} bytes is whole, plain and compressed`, async () => {
    await using fixture = await createHttpFixture();
    const expected = { data: { long: 'x'.repeat(length) } };
    const plain = await sendRaw(longQuery(fixture.url, length), PREFLIGHT);
    assert.equal(plain.headers['content-length'], String(plain.body.length));
    assert.deepEqual(JSON.parse(plain.body.toString()), expected);
    for (const [encoding, decompress] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const answer = await sendRaw(longQuery(fixture.url, length), {
        ...PREFLIGHT,
        'accept-encoding': encoding,
      });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.deepEqual(JSON.parse(decompress(answer.body).toString()), expected);
    }
  });
}

test('of an answer that nobody reads, no more than a few pieces wait at the connection', async () => {
  await using fixture = await createHttpFixture();
  using sockets = noteServerSockets();
  using _client = await askAndNotRead(fixture.url, 32_000_000);
  const socket = await untilStalled(sockets);
  assert.ok(socket.writableLength <= 4 * PIECE_BYTES, `${socket.writableLength} bytes wait`);
});

/** Resolves with the line of the request, once it is written. */
async function untilLogged({ logLines }: HttpFixture): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const line = logLines().find(({ event }) => event === 'request');
    if (line !== undefined) return line;
    await nextTurn();
  }
}

/** Time passes when the test says so. */
function createLooks() {
  let action: (() => void) | undefined;
  const repeat: Repeat = (_intervalMs, given) => {
    action = given;
    return {
      [Symbol.dispose]: () => {
        action = undefined;
      },
    };
  };
  return {
    repeat,
    isLooking: () => action !== undefined,
    look: (times: number) => {
      for (let count = 0; count < times; count += 1) action!();
    },
  };
}

test('a connection whose reader takes nothing for half a minute is cut, and the log says so once', async () => {
  const { repeat, look } = createLooks();
  await using fixture = await createHttpFixture({ http: { repeat } });
  using sockets = noteServerSockets();
  using client = await askAndNotRead(fixture.url, 32_000_000);
  const socket = await untilStalled(sockets);
  look(LOOKS_WITHOUT_PROGRESS);
  assert.equal(socket.destroyed, false);
  // The client goes on sending, which is no reading.
  client.socket.write('\r\n');
  look(1);
  assert.equal(socket.destroyed, true);
  const { outcome, msg } = await untilLogged(fixture);
  assert.deepEqual([outcome, msg], ['unread', 'request abandoned']);
  assert.equal(fixture.logLines().filter(({ event }) => event === 'request').length, 1);
  client.socket.resume();
  await client.closed;
});

test('a slow reader who goes on reading is left alone, however long it takes', async () => {
  const { repeat, look } = createLooks();
  await using fixture = await createHttpFixture({ http: { repeat } });
  using sockets = noteServerSockets();
  using client = await askAndNotRead(fixture.url, 24_000_000);
  const socket = await untilStalled(sockets);
  let readBytes = 0;
  while (!socket.destroyed && socket.writableLength > 0) {
    look(LOOKS_WITHOUT_PROGRESS - 1);
    const before = socket.bytesWritten - socket.writableLength;
    while (socket.writableLength > 0 && socket.bytesWritten - socket.writableLength === before) {
      readBytes += String(client.socket.read() ?? '').length;
      await nextTurn();
    }
  }
  assert.equal(socket.destroyed, false);
  assert.ok(readBytes > 0);
  client.socket.resume();
  assert.equal((await untilLogged(fixture)).msg, 'request answered');
});

test('a reader who has nothing to read yet is left alone', async () => {
  const { repeat, look } = createLooks();
  const held = Promise.withResolvers<string>();
  await using fixture = await createHttpFixture({ http: { repeat }, slow: () => held.promise });
  const answer = sendRaw(`${fixture.url}/graphql?query=%7Bslow%7D`, PREFLIGHT);
  while (fixture.calls.length === 0) await nextTurn();
  look(2 * LOOKS_WITHOUT_PROGRESS);
  held.resolve('done');
  assert.equal((await answer).status, 200);
});

test('a server that has stopped looks no more', async () => {
  const { repeat, isLooking } = createLooks();
  await using fixture = await createHttpFixture({ http: { repeat } });
  assert.equal(isLooking(), true);
  await fixture.server.stop({ graceMs: 1_000 });
  assert.equal(isLooking(), false);
});
