import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agent } from 'undici';
import { createKeySetReader } from '../../../src/defender/key-set-reader.ts';
import { type Answer, reply, replyJson, startUpstream } from '../../support/upstream-server.ts';

async function readFrom(answer: Answer) {
  await using server = await startUpstream(answer);
  const dispatcher = new Agent();
  try {
    const document = await createKeySetReader({ dispatcher, userAgent: 'gateway/1' })(`${server.url}/keys`);
    return { document, requests: server.requests };
  } finally {
    await dispatcher.destroy();
  }
}

describe('the reader of key sets', () => {
  it('reads JSON, and says who asks', async () => {
    const { document, requests } = await readFrom(replyJson(200, { keys: [] }));
    assert.deepEqual(document, { keys: [] });
    assert.deepEqual(
      requests.map(({ method, path, headers }) => [method, path, headers['user-agent']]),
      [['GET', '/keys', 'gateway/1']],
    );
  });

  const refusals: readonly [what: string, answer: Answer, message: RegExp][] = [
    ['an error', reply(503), /status 503/],
    ['a redirect, which is not followed', reply(302, '', { location: 'http://127.0.0.1:1/' }), /status 302/],
    ['a page', reply(200, '<html>'), /not JSON/],
    ['more than a key set can be', reply(200, `"${'x'.repeat(2 ** 20)}"`), /more than 1048576 bytes/],
    ['a broken connection', (_request, response) => void response.destroy(), /The key endpoint/],
  ];
  for (const [what, answer, message] of refusals) {
    it(`says so when it gets ${what}`, async () => {
      await assert.rejects(readFrom(answer), { name: 'GatewayError', message });
    });
  }
});
