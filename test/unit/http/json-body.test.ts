import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { type ParseJsonBody, takeJsonBodies } from '../../../src/http/json-body.ts';

async function createScope(): Promise<{ server: FastifyInstance; parse: ParseJsonBody }> {
  const server = fastify();
  const parse = takeJsonBodies(server);
  server.post('/', async ({ body }) =>
    Buffer.isBuffer(body) ? `bytes:${body.toString('hex')}` : 'no bytes',
  );
  await server.ready();
  return { server, parse };
}

test('a handler gets the bytes of a body as they came, whether they are JSON or not', async () => {
  const { server } = await createScope();
  for (const [type, payload] of [
    ['application/json', '{"a":1}'],
    ['application/json; charset=utf-8', '{ "ä" '],
  ] as const) {
    const { body } = await server.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': type },
      payload,
    });
    assert.equal(body, `bytes:${Buffer.from(payload).toString('hex')}`);
  }
  const plain = await server.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'text/plain' },
    payload: '{}',
  });
  assert.equal(plain.statusCode, 415);
});

test('bytes become the value that they stand for, whichever characters it has', async () => {
  const { parse } = await createScope();
  assert.deepEqual(parse(Buffer.from('{"a":["ä","\\u00e4",null,1e3]}')), { a: ['ä', 'ä', null, 1_000] });
  assert.deepEqual(parse(Buffer.from('\uFEFF{}')), {}, 'a byte order mark is no part of the text');
});

test('what cannot be a value is a fault of the caller, with a code for each kind', async () => {
  const { parse } = await createScope();
  for (const [text, code] of [
    ['', 'FST_ERR_CTP_EMPTY_JSON_BODY'],
    ['{"a":', 'FST_ERR_CTP_INVALID_JSON_BODY'],
    ['{"__proto__":{"a":1}}', 'FST_ERR_CTP_INVALID_JSON_BODY'],
    ['{"constructor":{"prototype":{"a":1}}}', 'FST_ERR_CTP_INVALID_JSON_BODY'],
  ] as const)
    assert.throws(() => parse(Buffer.from(text)), { code, statusCode: 400 }, text);
});
