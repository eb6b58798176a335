/** In a file of its own: MSAL keeps source, network and tokens of managed identities once for a process. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { TokenSource } from '../../../src/defender/token-source.ts';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import {
  createEntraFixture,
  type EntraFixture,
  issueTokens,
  serialOf,
  toJwt,
} from '../../support/entra-fixture.ts';
import { type Answer, inTurn, reply, replyJson } from '../../support/upstream-server.ts';

const cut: Answer = (_request, response) => void response.destroy();

describe('sign-in by managed identity', () => {
  let entra: EntraFixture;
  /** One for all: of a second one MSAL would take the credential, and not the network. */
  let tokens: TokenSource;
  let answer: Answer;
  const issue = issueTokens();

  before(async () => {
    entra = await createEntraFixture((request, response) => answer(request, response));
    process.env.IDENTITY_ENDPOINT = `${entra.server.url}/msi/token`;
    process.env.IDENTITY_HEADER = 'H3ADER';
    tokens = entra.createTokens({ credential: { kind: 'managedIdentity', clientId: 'user-assigned' } });
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
    const error = await rejectionOf(tokens.getToken({ forceRenewal: true }));
    assert.equal(error.code, 'UPSTREAM_CREDENTIAL_REJECTED');
    assert.match(
      error.message,
      /^The managed identity endpoint gave no token \(.+\)\. Assign a managed identity to this machine; with AZURE_CLIENT_ID set, that user-assigned one\.$/,
    );
  });

  const ask = async (...answers: Answer[]) => {
    // Past what an earlier answer asked for.
    await entra.clock.advance(90_000);
    const before = entra.server.requests.length;
    const startMs = entra.clock.now();
    answer = inTurn(...answers);
    const outcome = await tokens
      .getToken({ forceRenewal: true })
      .then(serialOf, (error: GatewayError) => error);
    const waitedMs = entra.clock.now() - startMs;
    return { outcome, calls: entra.server.requests.length - before, waitedMs };
  };

  for (const [name, failures, waitedMs] of [
    ['404 of a machine that has just started', [reply(404)], 500],
    ['500 and a broken connection', [reply(500, '<html>'), cut], 1_500],
    ['429 that does not say until when', [reply(429, 'slow down')], 500],
    ['410 of one that is being renewed', [reply(410), reply(410), reply(410)], 75_000],
  ] as const) {
    it(`comes through a ${name}`, async () => {
      const { outcome, calls, ...asked } = await ask(...failures, issueManaged);
      assert.equal(typeof outcome, 'number');
      assert.deepEqual([calls, asked.waitedMs], [failures.length + 1, waitedMs]);
    });
  }

  for (const [status, headers, code, calls, message] of [
    [
      404,
      {},
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      4,
      /^The managed identity endpoint failed with status 404\. If this stays, assign a managed identity to this machine; with AZURE_CLIENT_ID set, that user-assigned one\.$/,
    ],
    [500, {}, 'UPSTREAM_SIGN_IN_UNAVAILABLE', 4, /failed with status 500\. Nothing to do here/],
    [429, { 'retry-after': '90' }, 'UPSTREAM_SIGN_IN_THROTTLED', 1, /may be asked again at/],
  ] as const) {
    it(`gives up on ${status} that stays after ${calls} calls, with no retries of the library beside ours`, async () => {
      const { outcome, ...asked } = await ask(reply(status, '', headers));
      assert.ok(outcome instanceof GatewayError);
      assert.deepEqual([outcome.code, outcome.retryable, asked.calls], [code, true, calls]);
      assert.match(outcome.message, message);
    });
  }

  it('asks once for each token when the resource is not echoed, and does not loop', async () => {
    const silent: Answer = async (request, response) =>
      replyJson(200, {
        access_token: toJwt({ serial: entra.server.requests.length }),
        expires_on: String(Math.floor(Date.now() / 1_000) + 3_600),
        token_type: 'Bearer',
      })(request, response);
    const { calls } = await ask(silent);
    assert.equal(calls, 1);
    const before = entra.server.requests.length;
    await tokens.getToken();
    await tokens.getToken();
    assert.ok(entra.server.requests.length - before <= 2);
  });
});
