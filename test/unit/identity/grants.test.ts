import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GRANT_CLAIMS, type Grant } from '../../../src/core/access-policy.ts';
import { RIGHTS } from '../../../src/core/caller.ts';
import { findPermissions, type TokenOrigin } from '../../../src/identity/grants.ts';

const TENANTS = ['tenant a', 'tenant b'];
const ORIGINS: readonly TokenOrigin[] = [
  ...TENANTS.map((tenantId) => ({ issuer: null, tenantId })),
  { issuer: 'https://idp.example', tenantId: null },
];
const VALUES = ['a', 'b'];
const GROUPS = ['1', '2', '30'];

const grants: fc.Arbitrary<readonly Grant[]> = fc.array(
  fc
    .record({
      claim: fc.constantFrom(...GRANT_CLAIMS),
      value: fc.constantFrom(...VALUES),
      issuer: fc.constantFrom(null, 'https://idp.example'),
      tenantId: fc.constantFrom(null, ...TENANTS),
      rights: fc.subarray([...RIGHTS], { minLength: 1 }),
      rbacGroupIds: fc.oneof(fc.constant(null), fc.subarray(GROUPS)),
    })
    .map((grant) => (grant.rights.includes('Inventory.Read') ? grant : { ...grant, rbacGroupIds: [] })),
  { maxLength: 6 },
);

const claims = fc.record({
  kind: fc.constantFrom('USER' as const, 'APPLICATION' as const),
  roles: fc.subarray(VALUES),
  scopes: fc.subarray(VALUES),
  groups: fc.subarray(VALUES),
});

describe('findPermissions', () => {
  it('answers each question as the grants do one by one', () => {
    fc.assert(
      fc.property(grants, claims, fc.constantFrom(...ORIGINS), (policyGrants, caller, origin) => {
        const found = findPermissions({ grants: policyGrants }, caller, origin);
        const fits = (grant: Grant) => {
          if (grant.issuer !== origin.issuer) return false;
          if (TENANTS.some((tenant) => grant.tenantId === tenant && origin.tenantId !== tenant)) return false;
          if (grant.claim === 'role')
            return caller.kind === 'APPLICATION' && caller.roles.includes(grant.value);
          if (grant.claim === 'group') return caller.kind === 'USER' && caller.groups.includes(grant.value);
          return caller.scopes.includes(grant.value);
        };
        assert.equal(found !== undefined, policyGrants.some(fits));
        if (found === undefined) return;
        for (const right of RIGHTS) {
          assert.equal(
            found.rights.has(right),
            policyGrants.some((grant) => fits(grant) && grant.rights.includes(right)),
          );
        }
        const letsRead = (grant: Grant) => fits(grant) && grant.rights.includes('Inventory.Read');
        for (const group of [...GROUPS, 'a group that nobody names']) {
          const isVisible: boolean = found.rbacGroupIds === null || found.rbacGroupIds.includes(group);
          assert.equal(
            isVisible,
            policyGrants.some(
              (grant) =>
                letsRead(grant) && (grant.rbacGroupIds === null || grant.rbacGroupIds.includes(group)),
            ),
          );
        }
        const ids = found.rbacGroupIds ?? [];
        assert.deepEqual([...new Set(ids)].sort(), ids);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not let a right on all devices add up with leave to read some', () => {
    const found = findPermissions(
      {
        grants: [
          {
            claim: 'scope',
            value: 'read',
            issuer: null,
            tenantId: null,
            rights: ['Inventory.Read'],
            rbacGroupIds: ['4226'],
          },
          {
            claim: 'scope',
            value: 'operate',
            issuer: null,
            tenantId: null,
            rights: ['Inventory.Operate'],
            rbacGroupIds: null,
          },
        ],
      },
      { kind: 'USER', roles: [], scopes: ['read', 'operate'], groups: [] },
      { issuer: null, tenantId: 'tenant a' },
    );
    assert.deepEqual(found?.rbacGroupIds, ['4226']);
  });
});
