import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeRequest, openConnection } from '../../../bench/serving/http-connection.ts';

/** Only a broken connection waits for it. */
const SILENCE_MS = 1_000;

/** A server that answers each request with these bytes, cut at these places; each piece is a write of its own. */
async function listen(answer: Buffer, cuts: readonly number[]) {
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true);
    socket.on('data', () => {
      const places = [0, ...cuts.map((cut) => cut % answer.length).sort((a, b) => a - b), answer.length];
      const write = (index: number): void => {
        if (index >= places.length) return;
        socket.write(answer.subarray(places[index - 1], places[index]), () => setImmediate(write, index + 1));
      };
      write(1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}

/** Twice over one connection: what is left of the first answer would be in the second. */
async function askTwice(answer: Buffer, cuts: readonly number[]) {
  await using server = await listen(answer, cuts);
  const connection = await openConnection(server.url, SILENCE_MS);
  try {
    const request = encodeRequest(server.url, { method: 'POST', headers: {}, body: '{}' });
    return [await connection.ask(request), await connection.ask(request)];
  } finally {
    connection.close();
  }
}

const cuts = fc.array(fc.nat(), { maxLength: 5 });
const body = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((text) => JSON.stringify({ text }));

test('an answer of known length is whole, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(body, cuts, async (text, places) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
      for (const answer of await askTwice(Buffer.from(head + text), places)) {
        assert.equal(answer.status, 200);
        assert.equal(answer.body.toString(), text);
      }
    }),
    { numRuns: 40 },
  );
});

test('an answer in chunks is whole and without their framing, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(body, fc.integer({ min: 1, max: 9 }), cuts, async (text, size, places) => {
      const bytes = Buffer.from(text);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const framed = chunks.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)}\r\n`),
        chunk,
        Buffer.from('\r\n'),
      ]);
      const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const answer = Buffer.concat([head, ...framed, Buffer.from('0\r\n\r\n')]);
      for (const one of await askTwice(answer, places)) assert.equal(one.body.toString(), text);
    }),
    { numRuns: 40 },
  );
});

test('a 304 has no body', async () => {
  const answer = Buffer.from('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n');
  for (const { status, body: bytes } of await askTwice(answer, [])) {
    assert.equal(status, 304);
    assert.equal(bytes.length, 0);
  }
});
