import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import { ConfigurationError, type ConfigurationFault } from '../../../src/config/faults.ts';

const TENANT = '5e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6';
const OTHER_TENANT = '11111111-2222-3333-4444-555555555555';
const CREDENTIAL = {
  AZURE_TENANT_ID: OTHER_TENANT,
  AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
  AZURE_CLIENT_SECRET: 'hunter2',
};
const ENTRA = {
  ...CREDENTIAL,
  AUTH_MODE: 'entra',
  AUTH_TENANT_ID: TENANT,
  AUTH_AUDIENCE: 'api://inventory',
  AUTH_POLICY_FILE: '/etc/gateway/policy.json',
};

type Environment = Record<string, string | undefined>;

function parse(environment: Environment): Config['auth'] {
  return parseConfig({ ...ENTRA, ...environment }).auth;
}

function faultsOf(environment: Environment): readonly ConfigurationFault[] {
  try {
    parseConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.faults;
  }
  assert.fail('the settings were accepted');
}

describe('AUTH_MODE=entra', () => {
  it('takes tenants, audiences, policy file, and the authority of the sign-in', () => {
    assert.deepEqual(parse({}), {
      mode: 'entra',
      tenantIds: [TENANT],
      audiences: ['api://inventory'],
      authorityHost: 'https://login.microsoftonline.com',
      policyFile: '/etc/gateway/policy.json',
    });
  });

  it('takes lists, each entry once, tenants in lower case', () => {
    const auth = parse({
      AUTH_TENANT_ID: ` ${TENANT.toUpperCase()}, ${OTHER_TENANT},${TENANT}`,
      AUTH_AUDIENCE: 'api://inventory, 0c9b8a76-5d4e-4f3a-b2c1-d0e9f8a7b6c5,api://inventory',
    });
    assert.ok(auth.mode === 'entra');
    assert.deepEqual(auth.tenantIds, [TENANT, OTHER_TENANT]);
    assert.deepEqual(auth.audiences, ['api://inventory', '0c9b8a76-5d4e-4f3a-b2c1-d0e9f8a7b6c5']);
  });

  it('takes a client id in any case for the one that tokens have, and an Application ID URI as it is', () => {
    const auth = parse({
      AUTH_AUDIENCE:
        '0C9B8A76-5D4E-4F3A-B2C1-D0E9F8A7B6C5,api://Inventory,0c9b8a76-5d4e-4f3a-b2c1-d0e9f8a7b6c5',
    });
    assert.ok(auth.mode === 'entra');
    assert.deepEqual(auth.audiences, ['0c9b8a76-5d4e-4f3a-b2c1-d0e9f8a7b6c5', 'api://Inventory']);
  });

  it('follows AZURE_AUTHORITY_HOST unless AUTH_AUTHORITY_HOST is set', () => {
    const authorityOf = (environment: Environment) => {
      const auth = parse(environment);
      return auth.mode === 'entra' ? auth.authorityHost : undefined;
    };
    const AZURE_AUTHORITY_HOST = 'https://login.microsoftonline.us';
    assert.equal(authorityOf({ AZURE_AUTHORITY_HOST }), AZURE_AUTHORITY_HOST);
    assert.equal(
      authorityOf({ AZURE_AUTHORITY_HOST, AUTH_AUTHORITY_HOST: 'http://127.0.0.1:4100/' }),
      'http://127.0.0.1:4100',
    );
  });

  it('may listen where others reach it, whatever AUTH_ALLOW_ANONYMOUS says', () => {
    assert.equal(parse({ HOST: '0.0.0.0' }).mode, 'entra');
    assert.equal(parse({ HOST: '0.0.0.0', AUTH_ALLOW_ANONYMOUS: 'true' }).mode, 'entra');
  });

  it('needs tenant, audience and policy, and names each that is missing', () => {
    const faults = faultsOf({ ...CREDENTIAL, AUTH_MODE: 'entra' });
    assert.deepEqual(
      faults.map(({ variable, value }) => [variable, value]),
      [
        ['AUTH_TENANT_ID', 'absent'],
        ['AUTH_AUDIENCE', 'absent'],
        ['AUTH_POLICY_FILE', 'absent'],
      ],
    );
    for (const { expected } of faults) assert.match(expected, /AUTH_MODE=entra needs it$/);
  });

  const malformed: readonly [variable: string, value: string, expected: RegExp][] = [
    ['AUTH_TENANT_ID', 'contoso.onmicrosoft.com', /a GUID/],
    ['AUTH_TENANT_ID', `${TENANT},common`, /a GUID/],
    ['AUTH_TENANT_ID', `{${TENANT}}`, /a GUID/],
    ['AUTH_TENANT_ID', ',', /list of tenant ids/],
    ['AUTH_AUDIENCE', ',', /list of audiences/],
    ['AUTH_AUDIENCE', 'api://inventory api://other', /Application ID URI/],
    ['AUTH_AUTHORITY_HOST', 'http://login.example.com', /loopback/],
    ['AUTH_AUTHORITY_HOST', 'login.microsoftonline.com', /https:\/\/ URL/],
    ['AUTH_AUTHORITY_HOST', 'https://login.microsoftonline.com/common', /a host alone, without user, path/],
    ['AUTH_AUTHORITY_HOST', 'http://127.0.0.1:4100/x/', /a host alone/],
    ['AUTH_AUTHORITY_HOST', 'https://login.microsoftonline.com/#v2', /query and fragment/],
  ];
  for (const [variable, value, expected] of malformed) {
    it(`refuses ${variable}=${value}`, () => {
      const faults = faultsOf({ ...ENTRA, [variable]: value });
      assert.deepEqual(
        faults.map((fault) => [fault.variable, fault.value]),
        [[variable, JSON.stringify(value)]],
      );
      assert.match(faults[0]!.expected, expected);
    });
  }
});

describe('AUTH_AUTHORITY_HOST', () => {
  it('is refused with a query, whose value is not repeated', () => {
    for (const AUTH_AUTHORITY_HOST of [
      'https://login.example.com?',
      'https://login.example.com/?key=hunter2',
    ]) {
      const [fault, ...others] = faultsOf({ ...ENTRA, AUTH_AUTHORITY_HOST });
      assert.deepEqual([fault?.variable, others], ['AUTH_AUTHORITY_HOST', []]);
      assert.doesNotMatch(JSON.stringify(fault), /hunter2/);
    }
  });
});

describe('AUTH_MODE=none', () => {
  it('is no silent default beside settings that are to identify callers', () => {
    const [fault, ...others] = faultsOf({ ...ENTRA, AUTH_MODE: '' });
    assert.deepEqual(others, []);
    assert.equal(fault?.variable, 'AUTH_MODE and AUTH_TENANT_ID and AUTH_AUDIENCE and AUTH_POLICY_FILE');
    assert.match(fault?.expected ?? '', /AUTH_MODE=entra/);
  });

  it('may be said in spite of them', () => {
    assert.deepEqual(parse({ AUTH_MODE: 'none' }), { mode: 'none', allowAnonymous: false });
  });
});
