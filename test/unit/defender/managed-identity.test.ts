/** In a file of its own: MSAL keeps source, network and tokens of managed identities once for a process. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import { createEntraFixture, type EntraFixture, issueTokens, serialOf } from '../../support/entra-fixture.ts';
import { type Answer, replyJson } from '../../support/upstream-server.ts';

describe('sign-in by managed identity', () => {
  let entra: EntraFixture;
  let answer: Answer;
  const issue = issueTokens();

  before(async () => {
    entra = await createEntraFixture((request, response) => answer(request, response));
    process.env.IDENTITY_ENDPOINT = `${entra.server.url}/msi/token`;
    process.env.IDENTITY_HEADER = 'H3ADER';
  });
  after(async () => {
    delete process.env.IDENTITY_ENDPOINT;
    delete process.env.IDENTITY_HEADER;
    await entra[Symbol.asyncDispose]();
  });

  /** App Service: dates as epoch seconds, and the resource echoed. */
  const issueManaged: Answer = async (request, response) => {
    const url = new URL(request.path, 'http://x');
    let body = '';
    await issue(request, { writeHead: () => ({ end: (text: string) => (body = text) }) } as never);
    const { access_token } = JSON.parse(body);
    return replyJson(200, {
      access_token,
      expires_on: String(Math.floor(Date.now() / 1_000) + 3_600),
      resource: url.searchParams.get('resource'),
      token_type: 'Bearer',
    })(request, response);
  };

  it('asks the endpoint of the platform for the resource, reuses the token and renews it when told to', async () => {
    answer = issueManaged;
    const tokens = entra.createTokens({ credential: { kind: 'managedIdentity', clientId: 'user-assigned' } });
    assert.equal(serialOf(await tokens.getToken()), 1);
    assert.equal(serialOf(await tokens.getToken()), 1);
    assert.equal(serialOf(await tokens.getToken({ forceRenewal: true })), 2);
    assert.equal(entra.server.requests.length, 2);
    const [request] = entra.server.requests;
    const asked = new URL(request?.path ?? '', 'http://x').searchParams;
    assert.equal(asked.get('resource'), 'https://api.securitycenter.microsoft.com');
    assert.equal(asked.get('client_id'), 'user-assigned');
    assert.equal(request?.headers['x-identity-header'], 'H3ADER');
    assert.equal(request?.headers['user-agent'], 'test/1');
  });

  it('says what to do when the endpoint has no identity to give', async () => {
    answer = replyJson(400, {
      error: 'invalid_request',
      error_description: 'Identity not found',
      message: 'Identity not found',
      statusCode: 400,
    });
    const tokens = entra.createTokens({ credential: { kind: 'managedIdentity', clientId: 'user-assigned' } });
    const error = await rejectionOf(tokens.getToken({ forceRenewal: true }));
    assert.equal(error.code, 'UPSTREAM_CREDENTIAL_REJECTED');
    assert.match(
      error.message,
      /^The managed identity endpoint gave no token \(.+\)\. Assign a managed identity to this machine; with AZURE_CLIENT_ID set, that user-assigned one\.$/,
    );
  });
});
