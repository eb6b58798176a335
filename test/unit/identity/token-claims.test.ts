import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEntraClaims, readProviderClaims } from '../../../src/identity/token-claims.ts';

const TENANT = '5e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6';
const OBJECT = '11111111-2222-4333-8444-555555555555';
const PROVIDER = 'https://idp.example';
const USER = {
  tid: TENANT,
  oid: OBJECT,
  sub: 'pairwise',
  scp: 'read write',
  groups: ['A', OBJECT.toUpperCase()],
};
const APPLICATION = { tid: TENANT, oid: OBJECT, sub: OBJECT, idtyp: 'app', roles: ['Reader'] };

describe('the claims of a token of Entra ID', () => {
  it('name a user by tenant and object id, with scopes and groups', () => {
    assert.deepEqual(readEntraClaims(USER, TENANT), {
      kind: 'USER',
      id: `${TENANT}:${OBJECT}`,
      subject: OBJECT,
      roles: [],
      scopes: ['read', 'write'],
      groups: ['A', OBJECT],
      hasGroupsElsewhere: false,
    });
  });

  it('name an application by its object id, with its roles', () => {
    assert.deepEqual(readEntraClaims(APPLICATION, TENANT), {
      kind: 'APPLICATION',
      id: `${TENANT}:${OBJECT}`,
      subject: OBJECT,
      roles: ['Reader'],
      scopes: [],
      groups: [],
      hasGroupsElsewhere: false,
    });
  });

  const kinds: readonly [what: string, claims: object, expected: string][] = [
    ['idtyp app, and no object id', { oid: undefined, sub: 'service' }, 'APPLICATION'],
    ['no idtyp, where the subject is the object', { idtyp: undefined }, 'APPLICATION'],
    ['no idtyp, where it is another', { idtyp: undefined, sub: 'pairwise' }, 'NOT_AN_ACCESS_TOKEN'],
    ['no idtyp and no object id', { idtyp: undefined, oid: undefined }, 'NOT_AN_ACCESS_TOKEN'],
    ['idtyp user, where the subject is the object', { idtyp: 'user' }, 'NOT_AN_ACCESS_TOKEN'],
    ['scopes beside idtyp app', { scp: 'read' }, 'USER'],
    ['an empty scope beside idtyp app', { scp: '' }, 'NOT_AN_ACCESS_TOKEN'],
    ['scopes that are no text', { scp: { read: true } }, 'NOT_AN_ACCESS_TOKEN'],
    ['another tenant', { tid: OBJECT }, 'TENANT_WRONG'],
    ['an object id and a subject that are no texts', { oid: 5, sub: ['x'] }, 'CLAIMS_INVALID'],
    ['a subject without end', { oid: undefined, sub: 'x'.repeat(257) }, 'CLAIMS_INVALID'],
  ];
  for (const [what, claims, expected] of kinds) {
    it(`with ${what}: ${expected}`, () => {
      const found = readEntraClaims({ ...APPLICATION, ...claims }, TENANT);
      assert.equal('reason' in found ? found.reason : found.kind, expected);
    });
  }

  for (const overage of [
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph' } } },
    { hasgroups: true },
  ]) {
    it(`say that the groups are elsewhere by ${Object.keys(overage)[0]}`, () => {
      const found = readEntraClaims({ ...USER, groups: undefined, ...overage }, TENANT);
      assert.ok(!('reason' in found));
      assert.deepEqual([found.groups, found.hasGroupsElsewhere], [[], true]);
    });
  }
});

describe('the claims of a token of another provider', () => {
  it('name a user by issuer and subject', () => {
    const found = readProviderClaims({ sub: 'alice', scope: 'read', client_id: 'portal' }, PROVIDER);
    assert.ok(!('reason' in found));
    assert.deepEqual([found.kind, found.id, found.scopes], ['USER', `${PROVIDER}|alice`, ['read']]);
  });

  for (const claim of ['client_id', 'azp']) {
    it(`name an application where the subject is the ${claim}, with scopes in either spelling`, () => {
      for (const scopes of [{ scope: 'a b' }, { scp: ['a', 'b'] }, { scp: 'a b' }]) {
        const found = readProviderClaims(
          { sub: 'robot', [claim]: 'robot', roles: 'Reader', ...scopes },
          PROVIDER,
        );
        assert.ok(!('reason' in found));
        assert.deepEqual([found.kind, found.scopes, found.roles], ['APPLICATION', ['a', 'b'], ['Reader']]);
      }
    });
  }

  it('identify nobody without a subject, and no user without a scope', () => {
    assert.deepEqual(readProviderClaims({ scope: 'read' }, PROVIDER), { reason: 'CLAIMS_INVALID' });
    assert.deepEqual(readProviderClaims({ sub: 'alice', groups: ['a'] }, PROVIDER), {
      reason: 'NOT_AN_ACCESS_TOKEN',
    });
  });
});
