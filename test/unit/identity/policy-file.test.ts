import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessPolicy } from '../../../src/core/access-policy.ts';
import { type PolicyFault, parsePolicy } from '../../../src/identity/policy-file.ts';

const TENANTS = ['5e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6', '11111111-2222-3333-4444-555555555555'];
const READ = { role: 'Reader', rights: ['Inventory.Read'], rbacGroups: '*' };
const PROVIDER = {
  issuer: 'https://idp.example/a',
  audiences: ['gateway'],
  keysUrl: 'https://idp.example/keys?not',
};

function policyOf(document: unknown): AccessPolicy {
  const { policy, faults } = parsePolicy(JSON.stringify(document), TENANTS);
  assert.ok(policy, JSON.stringify(faults));
  return policy;
}

function faultsOf(document: unknown): readonly PolicyFault[] {
  const { faults } = parsePolicy(typeof document === 'string' ? document : JSON.stringify(document), TENANTS);
  assert.ok(faults, 'the policy was accepted');
  return faults;
}

describe('parsePolicy', () => {
  it('reads grants of roles, scopes and groups, with the groups that they let read', () => {
    const { grants } = policyOf({
      grants: [
        READ,
        { scope: 'inventory.read', rights: ['Inventory.Read', 'Inventory.Read'], rbacGroups: ['4226', '17'] },
        { group: 'C0A8F7B1-5E2D-4B6A-8F13-90D4E6A7B2C5', rights: ['Inventory.Refresh'] },
      ],
    });
    assert.deepEqual(grants, [
      {
        claim: 'role',
        value: 'Reader',
        issuer: null,
        tenantId: null,
        rights: ['Inventory.Read'],
        rbacGroupIds: null,
      },
      {
        claim: 'scope',
        value: 'inventory.read',
        issuer: null,
        tenantId: null,
        rights: ['Inventory.Read'],
        rbacGroupIds: ['4226', '17'],
      },
      {
        claim: 'group',
        value: 'c0a8f7b1-5e2d-4b6a-8f13-90d4e6a7b2c5',
        issuer: null,
        tenantId: null,
        rights: ['Inventory.Refresh'],
        rbacGroupIds: [],
      },
    ]);
  });

  it('confines a grant to a tenant, whose id may be in upper case', () => {
    const { grants } = policyOf({ grants: [{ ...READ, tenant: TENANTS[0]?.toUpperCase() }, READ] });
    assert.deepEqual(
      grants.map(({ tenantId }) => tenantId),
      [TENANTS[0], null],
    );
  });

  it('makes no device visible by a grant that does not let read', () => {
    const [grant] = policyOf({
      grants: [{ role: 'Operator', rights: ['Inventory.Operate'], rbacGroups: '*' }],
    }).grants;
    assert.deepEqual(grant?.rbacGroupIds, []);
  });

  it('takes other issuers, and grants for their tokens', () => {
    const keysUrl = 'http://127.0.0.1:8080/keys';
    const policy = policyOf({
      $schema: './policy.schema.json',
      grants: [{ ...READ, issuer: PROVIDER.issuer }],
      issuers: [{ ...PROVIDER, keysUrl }],
    });
    assert.deepEqual(policy.issuers, [{ ...PROVIDER, keysUrl }]);
    assert.equal(policy.grants[0]?.issuer, PROVIDER.issuer);
  });

  it('takes a file that begins with a byte order mark', () => {
    assert.deepEqual(parsePolicy('\uFEFF{"grants":[]}', []).policy, { grants: [], issuers: [] });
  });

  const good = { ...PROVIDER, keysUrl: 'https://idp.example/keys' };
  type Case = readonly [what: string, document: unknown, path: string, rule: RegExp, value: string];
  const cases: readonly Case[] = [
    ['text that is not JSON', '{"grants": [}', '', /^be JSON/, 'a text that is not'],
    ['a list in place of an object', [], '', /an object with "grants"/, 'a list of 0'],
    ['no grants', {}, 'grants', /be a list of grants/, 'nothing'],
    ['another member', { grants: [], grant: [] }, '', /no other members/, '["grant"]'],
    ['a grant that is none', { grants: [READ, 5] }, 'grants[1]', /be a grant/, '5'],
    [
      'a grant for two claims',
      { grants: [{ ...READ, scope: 'a' }] },
      'grants[0]',
      /exactly one of role, scope, group/,
      'an object',
    ],
    [
      'a grant for none',
      { grants: [{ rights: ['Inventory.Refresh'] }] },
      'grants[0]',
      /exactly one/,
      'an object',
    ],
    [
      'an unknown right',
      { grants: [{ ...READ, rights: ['Inventory.Write'] }] },
      'grants[0].rights[0]',
      /one of "Inventory.Read"/,
      '"Inventory.Write"',
    ],
    ['no rights', { grants: [{ ...READ, rights: [] }] }, 'grants[0].rights', /at least one/, 'a list of 0'],
    [
      'rights that are no list',
      { grants: [{ ...READ, rights: 'Inventory.Read' }] },
      'grants[0].rights',
      /be a list/,
      '"Inventory.Read"',
    ],
    [
      'reading without saying what',
      { grants: [{ ...READ, rbacGroups: undefined }] },
      'grants[0].rbacGroups',
      /"\*" \(all devices\)/,
      'nothing',
    ],
    [
      'RBAC groups as numbers',
      { grants: [{ ...READ, rbacGroups: [4226] }] },
      'grants[0].rbacGroups',
      /each a text such as "4226"/,
      'a list of 1',
    ],
    [
      'an RBAC group for all',
      { grants: [{ ...READ, rbacGroups: ['4226', '*'] }] },
      'grants[0].rbacGroups[1]',
      /for all devices write "\*" in place of the list/,
      '"*"',
    ],
    ...['4226,4227', ' 4226', '4226\t', ','].map(
      (id): Case => [
        `an RBAC group written as ${JSON.stringify(id)}`,
        { grants: [{ ...READ, rbacGroups: [id] }] },
        'grants[0].rbacGroups[0]',
        /without a space at its ends, and without a comma/,
        JSON.stringify(id),
      ],
    ),
    [
      'a group with a space at its end',
      { grants: [{ group: 'Domain Users ', rights: ['Inventory.Refresh'] }] },
      'grants[0].group',
      /without a space at its ends$/,
      '"Domain Users "',
    ],
    ...(['role', 'scope'] as const).flatMap((claim) =>
      ['Reader ', 'Inventory Reader', '\u00a0x'].map(
        (value): Case => [
          `a ${claim} with a space: ${JSON.stringify(value)}`,
          { grants: [{ [claim]: value, rights: ['Inventory.Refresh'] }] },
          `grants[0].${claim}`,
          /without a space$/,
          JSON.stringify(value),
        ],
      ),
    ),
    ['an empty claim', { grants: [{ ...READ, role: '' }] }, 'grants[0].role', /1 to 256/, '""'],
    [
      'a grant of an issuer that is not there',
      { grants: [{ ...READ, issuer: 'https://idp.example/b' }], issuers: [good] },
      'grants[0].issuer',
      /one of the issuers/,
      '"https://idp.example/b"',
    ],
    [
      'a tenant by its domain',
      { grants: [{ ...READ, tenant: 'contoso.onmicrosoft.com' }] },
      'grants[0].tenant',
      /a GUID/,
      '"contoso.onmicrosoft.com"',
    ],
    [
      'a tenant that is not accepted',
      { grants: [READ, { ...READ, tenant: TENANTS[0]?.replace('5', '6') }] },
      'grants[1].tenant',
      /one of the tenants in AUTH_TENANT_ID/,
      '"6e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6"',
    ],
    [
      'a tenant beside another issuer',
      { grants: [{ ...READ, tenant: TENANTS[0], issuer: good.issuer }], issuers: [good] },
      'grants[0]',
      /a tenant or an issuer, not both/,
      'an object',
    ],
    [
      'an issuer twice',
      { grants: [], issuers: [good, good] },
      'issuers[1].issuer',
      /there once/,
      '"https://idp.example/a"',
    ],
    [
      'Entra ID as another issuer',
      { grants: [], issuers: [{ ...good, issuer: 'https://login.microsoftonline.com/x/v2.0' }] },
      'issuers[0].issuer',
      /AUTH_TENANT_ID/,
      '"https://login.microsoftonline.com/x/v2.0"',
    ],
    [
      'keys by plain http',
      { grants: [], issuers: [{ ...good, keysUrl: 'http://idp.example/keys' }] },
      'issuers[0].keysUrl',
      /https:\/\/ URL/,
      '"http://idp.example/keys"',
    ],
    [
      'keys with a query',
      { grants: [], issuers: [PROVIDER] },
      'issuers[0].keysUrl',
      /without user, query/,
      '"https://idp.example/keys?not"',
    ],
    ...[
      'https://idp.example:65536/a',
      'https://192.168.0.256/a',
      'https://[::1',
      'https://[1::2::3]/',
      'http://127.0.0.256/',
      'https://',
    ].flatMap((url) =>
      ['issuer', 'keysUrl'].map(
        (member): Case => [
          `${url} as ${member}`,
          { grants: [], issuers: [{ ...good, [member]: url }] },
          `issuers[0].${member}`,
          /^be (?:an https:\/\/ URL|a URL of a host and a port that there can be)/,
          JSON.stringify(url),
        ],
      ),
    ),
    [
      'a member given twice',
      '{"grants":[{"role":"Reader","rights":["Inventory.Refresh"]},{"role":"Reader","rights":["Inventory.Read"],"rbacGroups":["4226"],"rbac\\u0047roups":"*"}]}',
      'grants[1]',
      /have no member twice/,
      '["rbacGroups"]',
    ],
    ['grants given twice', '{"grants":[],"grants":[]}', '', /have no member twice/, '["grants"]'],
    [
      'an issuer for any audience',
      { grants: [], issuers: [{ ...good, audiences: [] }] },
      'issuers[0].audiences',
      /at least one audience/,
      'a list of 0',
    ],
  ];
  for (const [what, document, path, rule, value] of cases) {
    it(`refuses ${what}, and says where, why and what was there`, () => {
      const [fault, ...others] = faultsOf(document);
      assert.deepEqual(others, []);
      assert.deepEqual([fault?.path, fault?.value], [path, value]);
      assert.match(fault?.rule ?? '', rule);
    });
  }

  it('tells what is given twice beside the other faults', () => {
    const faults = faultsOf('{"grants":7,"issuers":[{"issuer":1,"issuer":"https://idp.example/a"}]}');
    assert.deepEqual(faults.map(({ path }) => path).sort(), [
      'grants',
      'issuers[0]',
      'issuers[0].audiences',
      'issuers[0].keysUrl',
    ]);
  });

  it('tells all faults at once', () => {
    const faults = faultsOf({
      grants: [{ rights: ['Write'] }, { ...READ, rbacGroups: 7 }],
      issuers: [{ ...good, audiences: 'x' }],
    });
    assert.deepEqual(faults.map(({ path }) => path).sort(), [
      'grants[0]',
      'grants[0].rights[0]',
      'grants[1].rbacGroups',
      'issuers[0].audiences',
    ]);
  });

  it('repeats nothing of a file that is no policy: it may be a key', () => {
    for (const text of [
      '-----BEGIN PRIVATE KEY-----\nhunter2',
      '{"clientSecret":"hunter2"}',
      '["hunter2"]',
    ]) {
      assert.doesNotMatch(JSON.stringify(faultsOf(text)), /hunter2/);
    }
  });
});
