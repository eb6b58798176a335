/** In a file of its own: MSAL chooses the source of managed identities once for a process. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createEntraFixture, type EntraFixture, serialOf, toJwt } from '../../support/entra-fixture.ts';
import { type Answer, inTurn, reply, replyJson } from '../../support/upstream-server.ts';

describe('sign-in by the metadata service of a virtual machine', () => {
  let entra: EntraFixture;
  let answer: Answer;

  before(async () => {
    entra = await createEntraFixture((request, response) => answer(request, response));
    process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = entra.server.url;
  });
  after(async () => {
    delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
    await entra[Symbol.asyncDispose]();
  });

  it('is asked by our retries alone, which outlast its renewal', async () => {
    answer = inTurn(
      reply(410),
      reply(410),
      reply(404),
      replyJson(200, {
        access_token: toJwt({ serial: 7 }),
        expires_on: String(Math.floor(Date.now() / 1_000) + 3_600),
        resource: 'https://api.securitycenter.microsoft.com',
        token_type: 'Bearer',
      }),
    );
    const startMs = entra.clock.now();
    const tokens = entra.createTokens({ credential: { kind: 'managedIdentity' } });
    assert.equal(serialOf(await tokens.getToken()), 7);
    assert.equal(entra.server.requests.length, 4);
    assert.equal(entra.clock.now() - startMs, 25_000 + 25_000 + 2_000);
    const [request] = entra.server.requests;
    assert.match(request?.path ?? '', /^\/metadata\/identity\/oauth2\/token\/?\?/);
    assert.equal(request?.headers.metadata, 'true');
    assert.equal(serialOf(await tokens.getToken()), 7);
    assert.equal(entra.server.requests.length, 4);
  });
});
