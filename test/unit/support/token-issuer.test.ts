import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { startTokenIssuer } from '../../support/token-issuer.ts';

describe('the token issuer of the tests', () => {
  it('mints tokens that its published keys verify, before and after a rotation', async () => {
    await using issuer = await startTokenIssuer();
    const url = new URL(`${issuer.authorityHost}/${issuer.tenantId}/discovery/v2.0/keys`);
    const before = await issuer.mint({ scp: undefined, roles: ['Reader'] });
    issuer.rotate();
    for (const token of [before, await issuer.mint()]) {
      const { payload } = await jwtVerify(token, createRemoteJWKSet(url), {
        issuer: issuer.issuer,
        audience: issuer.audience,
      });
      assert.equal(payload.tid, issuer.tenantId);
    }
    issuer.rotate({ keepOld: false });
    await assert.rejects(jwtVerify(before, createRemoteJWKSet(url)), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    assert.equal(issuer.requests.length, 3);
  });

  it('is out of order when a test says so, and writes the policy where the settings point', async () => {
    await using issuer = await startTokenIssuer();
    const settings = await issuer.environment({ grants: [] });
    assert.deepEqual(JSON.parse(await readFile(settings.AUTH_POLICY_FILE!, 'utf8')), { grants: [] });
    issuer.answerWith(503);
    const { status } = await fetch(`${issuer.authorityHost}/${issuer.tenantId}/discovery/v2.0/keys`);
    assert.equal(status, 503);
  });
});
