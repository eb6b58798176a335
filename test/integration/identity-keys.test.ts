/** Keys that are genuine, and those of somebody else or of another kind: they sign nothing here. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { createAuthenticatorFixture } from '../support/authenticator.ts';
import { createSigningKey, ISSUER_TENANT_ID, toGuid } from '../support/token-issuer.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a key is its tenant’s alone:', () => {
  it('the key of another tenant that is trusted too signs nothing for this one', async () => {
    const other = toGuid('other tenant');
    await using fixture = await createAuthenticatorFixture({ tenantIds: [ISSUER_TENANT_ID, other] });
    const theirs = createSigningKey();
    fixture.issuer.publish([theirs.publicJwk], other);
    const ofOther = { iss: `https://sts.windows.net/${other}/`, tid: other };
    assert.equal(await fixture.judge(await fixture.issuer.mint(ofOther, { key: theirs })), null);
    assert.equal(await fixture.judge(await fixture.issuer.mint({}, { key: theirs })), 'KEY_UNKNOWN');
    assert.equal(await fixture.judge(await fixture.issuer.mint(ofOther)), 'KEY_UNKNOWN');
    const stolen = { ...ofOther, tid: ISSUER_TENANT_ID };
    assert.equal(await fixture.judge(await fixture.issuer.mint(stolen, { key: theirs })), 'TENANT_WRONG');
  });

  it('a published key with another issuer is none of its keys', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer } = fixture;
    const theirs = createSigningKey();
    const shared = createSigningKey();
    issuer.publish([
      { ...theirs.publicJwk, issuer: `https://login.microsoftonline.com/${toGuid('other')}/v2.0` },
      { ...shared.publicJwk, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      { ...issuer.key.publicJwk, issuer: issuer.issuer },
    ]);
    assert.equal(await fixture.judge(await issuer.mint({}, { key: theirs })), 'KEY_UNKNOWN');
    assert.equal(await fixture.judge(await issuer.mint({}, { key: shared })), null);
    assert.equal(await fixture.judge(await issuer.mint()), null);
  });

  it('a symmetric key that is published by mistake verifies nothing', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer } = fixture;
    issuer.publish([issuer.key.publicJwk, { kty: 'oct', kid: 'mistake', k: encode('secret'), alg: 'HS256' }]);
    const [, payload = ''] = (await issuer.mint()).split('.');
    const input = `${encode({ alg: 'HS256', kid: 'mistake' })}.${payload}`;
    const signature = createHmac('sha256', Buffer.from(JSON.stringify('secret'))).update(input);
    assert.equal(await fixture.judge(`${input}.${signature.digest('base64url')}`), 'ALGORITHM_REFUSED');
  });
});
