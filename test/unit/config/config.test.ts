import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import { ConfigurationError, type ConfigurationFault } from '../../../src/config/faults.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../../src/graphql/admission/limits.ts';

const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '66666666-7777-8888-9999-aaaaaaaaaaaa';
const MINIMAL = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_CLIENT_SECRET: 'hunter2' };

type Environment = Record<string, string | undefined>;

function parse(environment: Environment): Config {
  return parseConfig({ ...MINIMAL, ...environment });
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

/** The one fault of otherwise good settings. */
function faultOf(environment: Environment): ConfigurationFault {
  const faults = faultsOf({ ...MINIMAL, ...environment });
  assert.equal(faults.length, 1, JSON.stringify(faults));
  return faults[0]!;
}

describe('parseConfig', () => {
  it('gives every default when only the credential is set', () => {
    assert.deepEqual(parse({}), {
      azure: {
        tenantId: TENANT,
        clientId: CLIENT,
        credential: { kind: 'client-secret', clientSecret: 'hunter2' },
        authorityHost: 'https://login.microsoftonline.com',
      },
      defender: {
        apiUrl: 'https://api.security.microsoft.com',
        scope: 'https://api.securitycenter.microsoft.com/.default',
        pageHosts: [
          'api.security.microsoft.com',
          '*.security.microsoft.com',
          '*.securitycenter.microsoft.com',
          '*.securitycenter.windows.com',
          '*.securitycenter.microsoft.us',
        ],
        downloadHosts: ['*.blob.core.windows.net'],
        sasValidHours: 3,
        pageSize: 50_000,
      },
      refresh: {
        source: 'auto',
        intervalMs: 21_600_000,
        cooldownMs: 300_000,
        deadlineMs: 3_600_000,
        snapshotExpiresAfterMs: 0,
        threads: 0,
      },
      validation: { minimumRecords: 1, maximumShrinkShare: 0.5, maximumRejectedShare: 0.1 },
      storage: { dataDir: './data', cacheUrl: undefined },
      http: {
        host: '127.0.0.1',
        port: 4000,
        workers: 1,
        corsOrigins: [],
        playground: true,
        tls: undefined,
        trustedProxies: [],
      },
      operations: { mode: 'open', manifestPath: undefined },
      auth: { mode: 'none', allowAnonymous: false },
      rates: { requests: 600, cost: 1_000_000 },
      limits: {
        ...DEFAULT_OPERATION_LIMITS,
        maximumBodyBytes: 262_144,
        requestDeadlineMs: 10_000,
      },
      log: { level: 'info' },
      proxy: { httpsProxy: undefined, noProxy: [], extraCaCertsPath: undefined },
    } satisfies Config);
  });

  it('is frozen all the way down', () => {
    const config = parse({});
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.azure.credential));
    assert.ok(Object.isFrozen(config.defender.pageHosts));
  });

  it('takes an empty or blank variable for an absent one', () => {
    assert.equal(parse({ PORT: '', REFRESH_INTERVAL: '  ' }).http.port, 4000);
    assert.deepEqual(
      faultsOf({ ...MINIMAL, AZURE_TENANT_ID: '' }).map(({ variable, value }) => [variable, value]),
      [['AZURE_TENANT_ID', 'absent']],
    );
  });

  it('reads every setting in the form that the documentation gives it', () => {
    const config = parse({
      AZURE_AUTHORITY_HOST: 'http://127.0.0.1:4100/',
      DEFENDER_API_URL: 'http://localhost:4200/base/',
      DEFENDER_SCOPE: 'https://api-gov.securitycenter.microsoft.us/.default',
      DEFENDER_PAGE_HOSTS: 'Api.Example.com, *.example.org,[::1]:8443',
      DEFENDER_DOWNLOAD_HOSTS: '127.0.0.1:4300',
      REFRESH_SOURCE: 'paged',
      REFRESH_INTERVAL: '0',
      REFRESH_COOLDOWN: '90s',
      REFRESH_DEADLINE: '0',
      EXPORT_SAS_VALID_HOURS: '24',
      PAGE_SIZE: '200000',
      SNAPSHOT_EXPIRES_AFTER: '2d',
      SNAPSHOT_MINIMUM_RECORDS: '0',
      SNAPSHOT_MAXIMUM_SHRINK: '100%',
      SNAPSHOT_MAXIMUM_REJECTED: '0.5%',
      REFRESH_THREADS: '3',
      DATA_DIR: '/var/lib/gateway',
      CACHE_URL: 'rediss://user:p%40ss@cache.example.com:6380/2',
      HOST: '::1',
      PORT: '0',
      WORKERS: '64',
      CORS_ORIGINS: 'https://portal.example.com, http://localhost:5173',
      LOG_LEVEL: 'silent',
      PLAYGROUND: 'off',
      HTTPS_PROXY: 'http://proxy.example.com:8080',
      NO_PROXY: 'localhost, .example.com',
      NODE_EXTRA_CA_CERTS: '/etc/ssl/private-ca.pem',
    });
    assert.equal(config.azure.authorityHost, 'http://127.0.0.1:4100');
    assert.deepEqual(config.defender, {
      apiUrl: 'http://localhost:4200/base',
      scope: 'https://api-gov.securitycenter.microsoft.us/.default',
      pageHosts: ['api.example.com', '*.example.org', '[::1]:8443'],
      downloadHosts: ['127.0.0.1:4300'],
      sasValidHours: 24,
      pageSize: 200_000,
    });
    assert.deepEqual(config.refresh, {
      source: 'paged',
      intervalMs: 0,
      cooldownMs: 90_000,
      deadlineMs: 0,
      snapshotExpiresAfterMs: 172_800_000,
      threads: 3,
    });
    assert.deepEqual(config.validation, {
      minimumRecords: 0,
      maximumShrinkShare: 1,
      maximumRejectedShare: 0.005,
    });
    assert.deepEqual(config.storage, {
      dataDir: '/var/lib/gateway',
      cacheUrl: 'rediss://user:p%40ss@cache.example.com:6380/2',
    });
    assert.deepEqual(config.http, {
      host: '::1',
      port: 0,
      workers: 64,
      corsOrigins: ['https://portal.example.com', 'http://localhost:5173'],
      playground: false,
      tls: undefined,
      trustedProxies: [],
    });
    assert.equal(config.log.level, 'silent');
    assert.deepEqual(config.proxy, {
      httpsProxy: 'http://proxy.example.com:8080',
      noProxy: ['localhost', '.example.com'],
      extraCaCertsPath: '/etc/ssl/private-ca.pem',
    });
  });

  it('lets a nextLink name the API host that was set, port included, and the Defender hosts', () => {
    const { pageHosts } = parse({ DEFENDER_API_URL: 'http://127.0.0.1:4200' }).defender;
    assert.equal(pageHosts[0], '127.0.0.1:4200');
    assert.equal(pageHosts.length, 5);
  });

  it('never derives the scope from the API host', () => {
    const { scope } = parse({ DEFENDER_API_URL: 'https://api-gov.securitycenter.microsoft.us' }).defender;
    assert.equal(scope, 'https://api.securitycenter.microsoft.com/.default');
  });
});

describe('WORKERS', () => {
  const faultsOn = (platform: string, workers: string): readonly ConfigurationFault[] => {
    try {
      parseConfig({ ...MINIMAL, WORKERS: workers }, { platform });
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigurationError, String(error));
      return error.faults;
    }
  };

  it('may be more than 1 on Linux alone, where threads can share a port', () => {
    assert.deepEqual(faultsOn('linux', '2'), []);
    assert.deepEqual(faultsOn('win32', '2'), [
      {
        variable: 'WORKERS',
        expected: '1 on this system (win32): threads can share a port on Linux alone',
        value: '"2"',
      },
    ]);
  });

  it('may be 1 on every system', () => {
    for (const platform of ['linux', 'darwin', 'win32']) assert.deepEqual(faultsOn(platform, '1'), []);
  });
});

describe('malformed settings', () => {
  const cases: readonly [variable: string, value: string, expected: RegExp][] = [
    ['AZURE_TENANT_ID', 'contoso tenant', /tenant id \(a GUID\)/],
    ['AZURE_CLIENT_ID', 'my/app', /client\) id/],
    ['AZURE_AUTHORITY_HOST', 'http://login.example.com', /https:\/\/ URL.*loopback/],
    ['AZURE_AUTHORITY_HOST', 'login.microsoftonline.com', /https:\/\/ URL/],
    ['AZURE_AUTHORITY_HOST', 'https://login.microsoftonline.com/common', /a host alone, without user, path/],
    ['AZURE_AUTHORITY_HOST', 'https://login.microsoftonline.com/#v2', /query and fragment/],
    ['DEFENDER_API_URL', 'http://api.security.microsoft.com', /loopback/],
    ['DEFENDER_API_URL', 'http://127.0.0.1.example.com', /loopback/],
    ['DEFENDER_API_URL', 'https://api.example.com/#tenant', /without user, query and fragment/],
    ['DEFENDER_API_URL', 'https://', /https:\/\/ URL/],
    ['DEFENDER_SCOPE', 'https://api.example.com/ .default', /scope/],
    ['DEFENDER_PAGE_HOSTS', 'https://api.example.com', /"host:port"/],
    ['DEFENDER_PAGE_HOSTS', ' , ', /list of hosts/],
    ['DEFENDER_DOWNLOAD_HOSTS', 'blob.*.windows.net', /"\*\.suffix"/],
    ['DEFENDER_DOWNLOAD_HOSTS', '*', /"\*\.suffix"/],
    ['DEFENDER_DOWNLOAD_HOSTS', 'host:70000', /"host:port"/],
    ['REFRESH_SOURCE', 'both', /one of "auto", "export", "paged"/],
    ['REFRESH_INTERVAL', '6 hours', /duration/],
    ['REFRESH_COOLDOWN', '300', /duration/],
    ['REFRESH_DEADLINE', '1 hour', /duration/],
    ['REFRESH_COOLDOWN', '99999999999999999d', /duration/],
    ['SNAPSHOT_EXPIRES_AFTER', '-1h', /duration/],
    ['SNAPSHOT_EXPIRES_AFTER', '3651d', /3650d/],
    ['REFRESH_INTERVAL', '0.4ms', /1ms/],
    ['SNAPSHOT_MINIMUM_RECORDS', '-1', /from 0 to 1000000000/],
    ['SNAPSHOT_MAXIMUM_SHRINK', '0.5', /percentage from 0% to 100%/],
    ['SNAPSHOT_MAXIMUM_SHRINK', '50 %', /percentage/],
    ['SNAPSHOT_MAXIMUM_SHRINK', '101%', /percentage/],
    ['SNAPSHOT_MAXIMUM_REJECTED', '-1%', /percentage/],
    ['SNAPSHOT_MAXIMUM_REJECTED', '.5%', /percentage/],
    ['EXPORT_SAS_VALID_HOURS', '25', /from 1 to 24/],
    ['EXPORT_SAS_VALID_HOURS', '0', /from 1 to 24/],
    ['REFRESH_THREADS', '65', /from 0 to 64/],
    ['REFRESH_THREADS', 'all', /whole number/],
    ['PAGE_SIZE', '200001', /from 1 to 200000/],
    ['PAGE_SIZE', '5e4', /whole number/],
    ['PORT', '65536', /from 0 to 65535/],
    ['PORT', '0x50', /whole number/],
    ['WORKERS', '0', /from 1 to 64/],
    ['WORKERS', '65', /from 1 to 64/],
    ['HOST', 'http://localhost', /host name or an IP address/],
    ['CACHE_URL', 'http://cache.example.com', /redis:\/\//],
    ['CACHE_URL', 'redis:///0', /redis:\/\//],
    ['CORS_ORIGINS', '*', /refused/],
    ['CORS_ORIGINS', 'https://portal.example.com/', /exact origins/],
    ['HTTPS_PROXY', 'proxy.example.com:8080', /URL of a proxy/],
    ['LOG_LEVEL', 'verbose', /one of "fatal"/],
    ['PLAYGROUND', 'true', /one of "on", "off"/],
    ['AZURE_USE_DEVICE_CODE', 'yes', /one of "true", "false"/],
    ['AUTH_ALLOW_ANONYMOUS', '1', /one of "true", "false"/],
    ['AUTH_MODE', 'basic', /one of "none", "entra"/],
  ];
  for (const [variable, value, expected] of cases) {
    it(`refuses ${variable}=${value}`, () => {
      const fault = faultOf({ [variable]: value });
      assert.equal(fault.variable, variable);
      assert.match(fault.expected, expected);
      if (value.trim() === value) assert.equal(fault.value, JSON.stringify(value));
    });
  }

  for (const tenant of ['common', 'organizations', 'Consumers']) {
    it(`refuses the tenant ${tenant} and says why`, () => {
      assert.match(faultOf({ AZURE_TENANT_ID: tenant }).expected, /name no tenant/);
    });
  }

  it('names all of them at once', () => {
    const faults = faultsOf({
      PORT: 'x',
      PAGE_SIZE: '0',
      LOG_LEVEL: 'loud',
      AZURE_USE_MANAGED_IDENTITY: 'perhaps',
    });
    assert.deepEqual(faults.map(({ variable }) => variable).sort(), [
      'AZURE_CLIENT_ID',
      'AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE or AZURE_USE_MANAGED_IDENTITY or AZURE_USE_DEVICE_CODE',
      'AZURE_TENANT_ID',
      'AZURE_USE_MANAGED_IDENTITY',
      'LOG_LEVEL',
      'PAGE_SIZE',
      'PORT',
    ]);
  });
});

describe('the credential', () => {
  const tenantAndClient = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT };

  it('may be a certificate, a federated token, a managed identity or a device code', () => {
    const kindOf = (environment: Environment) =>
      parseConfig({ ...tenantAndClient, ...environment }).azure.credential;
    assert.deepEqual(kindOf({ AZURE_CLIENT_CERTIFICATE_PATH: 'a.pem' }), {
      kind: 'client-certificate',
      path: 'a.pem',
    });
    assert.deepEqual(kindOf({ AZURE_FEDERATED_TOKEN_FILE: 'token' }), {
      kind: 'federated-token',
      path: 'token',
    });
    assert.deepEqual(kindOf({ AZURE_USE_MANAGED_IDENTITY: 'true' }), { kind: 'managed-identity' });
    assert.deepEqual(kindOf({ AZURE_USE_DEVICE_CODE: 'true' }), { kind: 'device-code' });
  });

  it('needs no tenant and no client when it is a managed identity', () => {
    const { azure } = parseConfig({ AZURE_USE_MANAGED_IDENTITY: 'true' });
    assert.deepEqual([azure.tenantId, azure.clientId], [undefined, undefined]);
    assert.equal(
      parseConfig({ AZURE_USE_MANAGED_IDENTITY: 'true', AZURE_CLIENT_ID: CLIENT }).azure.clientId,
      CLIENT,
    );
  });

  it('needs the tenant for a managed identity whose snapshots lie in a shared store', () => {
    assert.throws(
      () => parseConfig({ AZURE_USE_MANAGED_IDENTITY: 'true', CACHE_URL: 'redis://:hidden@cache:6379' }),
      (error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.deepEqual(
          error.faults.map(({ variable }) => variable),
          ['AZURE_TENANT_ID and CACHE_URL'],
        );
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      },
    );
  });

  it('must be exactly one: two are named, both masked', () => {
    const fault = faultOf({ AZURE_USE_MANAGED_IDENTITY: 'true' });
    assert.equal(fault.variable, 'AZURE_CLIENT_SECRET and AZURE_USE_MANAGED_IDENTITY');
    assert.equal(fault.value, '"***" and "true"');
  });

  it('is not chosen by a variable that says false', () => {
    assert.equal(parse({ AZURE_USE_DEVICE_CODE: 'false' }).azure.credential.kind, 'client-secret');
  });

  it('asks an application for .default, and lets a device code ask for one permission', () => {
    const scope = 'https://api.securitycenter.microsoft.com/Vulnerability.Read';
    assert.match(faultOf({ DEFENDER_SCOPE: scope }).expected, /a resource and \/\.default/);
    const config = parseConfig({ ...tenantAndClient, AZURE_USE_DEVICE_CODE: 'true', DEFENDER_SCOPE: scope });
    assert.equal(config.defender.scope, scope);
  });
});

describe('a host that others can reach', () => {
  it('is refused without caller identity, with both settings named', () => {
    const fault = faultOf({ HOST: '0.0.0.0' });
    assert.equal(fault.variable, 'AUTH_MODE and HOST');
    assert.match(fault.expected, /AUTH_ALLOW_ANONYMOUS=true/);
    assert.equal(fault.value, '"none" (the default) and "0.0.0.0"');
  });

  it('is allowed once the operator says that everybody may read', () => {
    assert.equal(parse({ HOST: '0.0.0.0', AUTH_ALLOW_ANONYMOUS: 'true' }).http.host, '0.0.0.0');
  });

  for (const host of ['localhost', '127.0.0.53', '::1', '[::1]']) {
    it(`is not ${host}`, () => {
      assert.equal(parse({ HOST: host }).http.host, host.replace(/[[\]]/g, ''));
    });
  }
});
