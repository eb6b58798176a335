/** Callers who are let in, as the tokens of both versions, of sovereign clouds and of other providers name them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallerRefusedError } from '../../src/core/caller-refused.ts';
import { createAuthenticatorFixture, toPolicy } from '../support/authenticator.ts';
import { createHttpFixture } from '../support/http-fixture.ts';
import {
  type Claims,
  createSigningKey,
  ISSUER_TENANT_ID,
  OPEN_POLICY,
  toGuid,
} from '../support/token-issuer.ts';

const ALL_RIGHTS = ['Inventory.Read', 'Inventory.Refresh', 'Inventory.Operate'];

describe('a caller of Entra ID', () => {
  it('is a user by a delegated token, and an application by a token of its own', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, authenticator } = fixture;
    const user = await authenticator.identify(await issuer.authorization());
    assert.deepEqual(
      { ...user, rights: [...user.rights] },
      {
        id: `${issuer.tenantId}:${toGuid('user')}`,
        subject: toGuid('user'),
        kind: 'USER',
        rights: ALL_RIGHTS,
        rbacGroupIds: null,
      },
    );
    const application = await authenticator.identify(
      `bearer  ${await issuer.mintForApplication(['Access'])}`,
    );
    assert.deepEqual([application.kind, application.subject], ['APPLICATION', toGuid('application')]);
    assert.ok(Object.isFrozen(application));
    assert.deepEqual(fixture.refusals, []);
  });

  it('has tokens of version 1 or 2, for the client id or the Application ID URI', async () => {
    await using fixture = await createAuthenticatorFixture({ audiences: ['api://gateway', toGuid('api')] });
    const { issuer } = fixture;
    const version1 = { iss: `https://sts.windows.net/${issuer.tenantId}/`, ver: '1.0' };
    assert.equal(await fixture.judge(await issuer.mint({ ...version1, aud: 'api://gateway' })), null);
    assert.equal(await fixture.judge(await issuer.mint({ aud: toGuid('api') })), null);
    assert.equal(await fixture.judge(await issuer.mint({ aud: ['other', toGuid('api')] })), null);
    const local = { iss: `${issuer.authorityHost}/${issuer.tenantId}/v2.0`, aud: toGuid('api') };
    assert.equal(await fixture.judge(await issuer.mint(local)), null);
  });

  it('may have a clock that is a minute off, and not more', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, clock } = fixture;
    const now = clock.now() / 1000;
    assert.equal(await fixture.judge(await issuer.mint({ nbf: now + 60 })), null);
    assert.equal(await fixture.judge(await issuer.mint({ exp: now - 59 })), null);
    const token = await issuer.mint();
    await clock.advance(3_659_000);
    assert.equal(await fixture.judge(token), null);
    await clock.advance(1_000);
    assert.equal(await fixture.judge(token), 'EXPIRED');
  });

  it('goes on being let in while keys are rotated', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, clock } = fixture;
    const before = await issuer.mint();
    assert.equal(await fixture.judge(before), null);
    issuer.rotate();
    assert.equal(await fixture.judge(await issuer.mint()), 'KEY_UNKNOWN', 'asked for a moment ago');
    await clock.advance(30_000);
    assert.equal(await fixture.judge(await issuer.mint()), null);
    assert.equal(await fixture.judge(before), null);
    issuer.rotate({ keepOld: false });
    await clock.advance(30_000);
    assert.equal(await fixture.judge(await issuer.mint()), null);
    assert.equal(await fixture.judge(before), 'KEY_UNKNOWN', 'its key was withdrawn');
    assert.equal(issuer.requests.length, 3);
  });

  it('is let in by the last good keys while the key endpoint is down', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, clock } = fixture;
    assert.equal(await fixture.judge(await issuer.mint()), null);
    issuer.answerWith(503);
    await clock.advance(24 * 3_600_000);
    assert.equal(await fixture.judge(await issuer.mint()), null);
    issuer.rotate();
    assert.equal(await fixture.judge(await issuer.mint()), 'KEY_UNKNOWN');
    issuer.answerWith(200);
    await clock.advance(30_000);
    assert.equal(await fixture.judge(await issuer.mint()), null);
  });

  it('is told to come back where no key was ever read, and not to sign in again', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, authenticator, clock } = fixture;
    await using http = await createHttpFixture({ http: { identify: authenticator.identify, clock } });
    issuer.answerWith(500);
    await authenticator.warm();
    await clock.advance(1_500);
    const headers = { authorization: await issuer.authorization() };
    const response = await http.post('{ greeting }', headers);
    const { errors } = (await response.json()) as { errors: readonly { extensions: object }[] };
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '4']);
    assert.equal(response.headers.get('www-authenticate'), null);
    assert.deepEqual(errors[0]?.extensions, { code: 'IDENTITY_UNAVAILABLE' });
    assert.match(JSON.stringify(fixture.log.lines), /status 500/);
    issuer.answerWith(200);
    await clock.advance(3_500);
    assert.equal((await http.post('{ greeting }', headers)).status, 200);
  });

  it('with more groups than a token holds counts as in none, and the log says so once', async () => {
    const group = toGuid('readers');
    const policy = { grants: [{ group, rights: ['Inventory.Read'], rbacGroups: ['1'] }] };
    await using fixture = await createAuthenticatorFixture({ policy });
    const { issuer } = fixture;
    assert.equal(await fixture.judge(await issuer.mint({ groups: [group.toUpperCase()] })), null);
    const overage = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph' } },
    };
    for (let index = 0; index < 3; index += 1) {
      assert.equal(await fixture.judge(await issuer.mint(overage)), 'NO_GRANT');
    }
    const lines = fixture.log.lines.filter(({ fields }) => fields.event === 'groups_not_in_token');
    assert.equal(lines.length, 1);
  });

  it('is judged by a new policy from the next request on, with the keys that are there', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, authenticator } = fixture;
    const authorization = await issuer.authorization();
    await authenticator.identify(authorization);
    authenticator.adopt(
      toPolicy({ grants: [{ scope: 'access', rights: ['Inventory.Read'], rbacGroups: ['7', '12', '7'] }] }),
    );
    const caller = await authenticator.identify(authorization);
    assert.deepEqual([[...caller.rights], caller.rbacGroupIds], [['Inventory.Read'], ['12', '7']]);
    authenticator.adopt(toPolicy({ grants: [] }));
    await assert.rejects(authenticator.identify(authorization), (error) => {
      assert.ok(error instanceof CallerRefusedError);
      assert.deepEqual(
        [error.code, error.reason, error.facts.callerId],
        ['FORBIDDEN', 'NO_GRANT', caller.id],
      );
      return true;
    });
    assert.equal(issuer.requests.length, 1);
  });
});

describe('a caller of one of several tenants', () => {
  it('has the grants for its tenant beside those for all, and none for another', async () => {
    const other = toGuid('other tenant');
    const grantOf = (rbacGroup: string, tenant?: string) => ({
      scope: 'access',
      tenant,
      rights: ['Inventory.Read'],
      rbacGroups: [rbacGroup],
    });
    const policy = {
      grants: [
        grantOf('all'),
        grantOf('first', ISSUER_TENANT_ID.toUpperCase()),
        grantOf('other', other),
        { role: 'Access', tenant: other, rights: ['Inventory.Refresh'] },
      ],
    };
    await using fixture = await createAuthenticatorFixture({ policy, tenantIds: [ISSUER_TENANT_ID, other] });
    const { issuer, authenticator } = fixture;
    const ofOther = { iss: `https://login.microsoftonline.com/${other}/v2.0`, tid: other };
    issuer.publish([issuer.key.publicJwk], other);
    const groupsOf = async (claims: Claims) =>
      (await authenticator.identify(await issuer.authorization(claims))).rbacGroupIds;
    assert.deepEqual(await groupsOf({}), ['all', 'first']);
    assert.deepEqual(await groupsOf(ofOther), ['all', 'other']);
    assert.equal(await fixture.judge(await issuer.mintForApplication(['Access'])), 'NO_GRANT');
    assert.equal(await fixture.judge(await issuer.mintForApplication(['Access'], ofOther)), null);
  });
});

describe('a caller of another provider', () => {
  const PROVIDER = 'https://idp.example/realm';
  const SERVICE = {
    iss: PROVIDER,
    aud: 'gateway',
    tid: undefined,
    oid: undefined,
    azp: 'robot',
    sub: 'robot',
  };

  const setUp = async () => {
    const fixture = await createAuthenticatorFixture();
    const { issuer, authenticator } = fixture;
    const key = createSigningKey('of the provider');
    issuer.publish([key.publicJwk], 'provider');
    const provider = {
      issuer: PROVIDER,
      audiences: ['gateway'],
      keysUrl: `${issuer.authorityHost}/provider/discovery/v2.0/keys`,
    };
    const policy = toPolicy({
      grants: [
        ...OPEN_POLICY.grants,
        { scope: 'read', issuer: PROVIDER, rights: ['Inventory.Read'], rbacGroups: ['1'] },
        { scope: 'access', tenant: ISSUER_TENANT_ID, rights: ['Inventory.Refresh'] },
        { role: 'operator', issuer: PROVIDER, rights: ['Inventory.Operate'] },
      ],
      issuers: [provider],
    });
    return { fixture, issuer, authenticator, key, policy };
  };

  it('is let in once the policy names it, by grants of its own, and by its own keys', async () => {
    const { fixture, issuer, authenticator, key, policy } = await setUp();
    await using _fixture = fixture;
    const token = await issuer.mint(
      { ...SERVICE, scp: undefined, scope: 'read', roles: ['operator'] },
      { key },
    );
    assert.equal(await fixture.judge(token), 'ISSUER_UNKNOWN');
    authenticator.adopt(policy);
    const caller = await authenticator.identify(`Bearer ${token}`);
    assert.deepEqual(
      { ...caller, rights: [...caller.rights] },
      {
        id: `${PROVIDER}|robot`,
        subject: 'robot',
        kind: 'APPLICATION',
        rights: ['Inventory.Read', 'Inventory.Operate'],
        rbacGroupIds: ['1'],
      },
    );
  });

  it('is judged by keys from where the policy says now', async () => {
    const { fixture, issuer, authenticator, key, policy } = await setUp();
    await using _fixture = fixture;
    authenticator.adopt(policy);
    const token = await issuer.mint({ ...SERVICE, scope: 'read' }, { key });
    assert.equal(await fixture.judge(token), null);
    const elsewhere = `${issuer.authorityHost}/elsewhere/discovery/v2.0/keys`;
    issuer.publish([createSigningKey().publicJwk], 'elsewhere');
    authenticator.adopt({
      ...policy,
      issuers: policy.issuers.map((one) => ({ ...one, keysUrl: elsewhere })),
    });
    assert.equal(await fixture.judge(token), 'KEY_UNKNOWN');
  });

  it('has nothing by a grant for Entra ID, nor the other way round', async () => {
    const { fixture, issuer, authenticator, key, policy } = await setUp();
    await using _fixture = fixture;
    authenticator.adopt(policy);
    const access = { ...SERVICE, tid: ISSUER_TENANT_ID, scp: 'access', roles: ['Access'] };
    assert.equal(await fixture.judge(await issuer.mint(access, { key })), 'NO_GRANT');
    assert.equal(await fixture.judge(await issuer.mint({ scp: 'read' })), 'NO_GRANT');
  });

  it('takes the place of no tenant, though the policy calls it by the name of one', async () => {
    await using fixture = await createAuthenticatorFixture();
    const { issuer, authenticator } = fixture;
    const key = createSigningKey('of the provider');
    issuer.publish([key.publicJwk], 'provider');
    // What the tenant's issuer is called where the authority is no cloud of Microsoft's.
    const name = `${issuer.authorityHost}/${issuer.tenantId}/v2.0`;
    const all = { rights: ['Inventory.Read'], rbacGroups: '*' };
    const policy = toPolicy({
      grants: [...OPEN_POLICY.grants, { scope: 'access', issuer: name, ...all }],
      issuers: [
        {
          issuer: name,
          audiences: [issuer.audience],
          keysUrl: `${issuer.authorityHost}/provider/discovery/v2.0/keys`,
        },
      ],
    });
    authenticator.adopt(policy);
    assert.equal(await fixture.judge(await issuer.mint({ iss: name }, { key })), 'KEY_UNKNOWN');
    const caller = await authenticator.identify(await issuer.authorization({ iss: name }));
    assert.deepEqual([caller.id, caller.rights.size], [`${issuer.tenantId}:${toGuid('user')}`, 3]);
  });

  it('cannot speak for Entra ID, whose keys are not its keys, nor be for another audience', async () => {
    const { fixture, issuer, authenticator, key, policy } = await setUp();
    await using _fixture = fixture;
    authenticator.adopt(policy);
    assert.equal(await fixture.judge(await issuer.mint({}, { key })), 'KEY_UNKNOWN');
    assert.equal(await fixture.judge(await issuer.mint({ ...SERVICE, scope: 'read' })), 'KEY_UNKNOWN');
    const elsewhere = { ...SERVICE, scope: 'read', aud: issuer.audience };
    assert.equal(await fixture.judge(await issuer.mint(elsewhere, { key })), 'AUDIENCE_WRONG');
  });
});
