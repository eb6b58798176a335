/** Answers on their way: long ones, and ones that nobody reads. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { PIECE_BYTES } from '../../src/http/answer-pieces.ts';
import { createHttpFixture } from '../support/http-fixture.ts';
import { sendRaw } from '../support/raw-http.ts';
import { noteServerSockets } from '../support/server-sockets.ts';

const PREFLIGHT = { 'apollo-require-preflight': '1' };

function longQuery(url: string, length: number): string {
  return `${url}/graphql?query=${encodeURIComponent(`{ long(length: ${length}) }`)}`;
}

/** Asks for a long answer and reads nothing of it. */
async function askAndNotRead(url: string, length: number): Promise<Socket & Disposable> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  const { pathname, search } = new URL(longQuery(url, length));
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n\r\n`);
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
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
