/**
 * Whatever fails between the gateway and Microsoft ends as a code and a message that says what to do, and the
 * last snapshot is served on; before there is one, the gateway says so and goes on answering what it can.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Fault } from '../../src/simulator/tenant/faults.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SIZE = { devices: 4, recordsPerDevice: 10, seed: 71 };

interface Scenario {
  readonly name: string;
  readonly code: string;
  /** What to do, in the message. */
  readonly says: RegExp;
  readonly retryable: boolean;
  /** Settings with which the gateway comes back; absent: it is not restarted. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Breaks the tenant. */
  readonly arrange: (tenant: Simulator) => void | Promise<void>;
}

const always = (endpoint: 'export' | 'token' | 'blob', fault: Fault) => (tenant: Simulator) =>
  tenant.fail({ endpoint, fault, times: Number.POSITIVE_INFINITY });

const reply = (status: number, code: string, message: string): Fault => ({
  kind: 'reply',
  status,
  body: JSON.stringify({ error: { code, message, target: 'a-correlation-id' } }),
});

const BAD_GATEWAY: Fault = {
  kind: 'reply',
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>',
};

/** Makes the cached token expire, so that the gateway signs in anew. */
const expireToken = (tenant: Simulator) => tenant.advance(2 * HOUR_MS);

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a client secret that is wrong',
    code: 'UPSTREAM_CREDENTIAL_REJECTED',
    says: /AADSTS7000215.*AZURE_CLIENT_SECRET.*not its id/,
    retryable: false,
    settings: { AZURE_CLIENT_SECRET: 'not-the-secret' },
    arrange: expireToken,
  },
  {
    name: 'an application that the tenant does not know',
    code: 'UPSTREAM_CREDENTIAL_REJECTED',
    says: /AADSTS700016.*AZURE_CLIENT_ID/,
    retryable: false,
    settings: { AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000000' },
    arrange: () => undefined,
  },
  {
    name: 'a scope that names no known API',
    code: 'UPSTREAM_SCOPE_REJECTED',
    says: /DEFENDER_SCOPE/,
    retryable: false,
    settings: { DEFENDER_SCOPE: 'https://api.example.test/.default' },
    arrange: () => undefined,
  },
  {
    name: 'a token for another API',
    code: 'UPSTREAM_FORBIDDEN',
    says: /DEFENDER_SCOPE/,
    retryable: false,
    settings: { DEFENDER_SCOPE: 'https://graph.microsoft.com/.default' },
    arrange: () => undefined,
  },
  {
    name: 'a missing role',
    code: 'UPSTREAM_ROLE_MISSING',
    says: /Vulnerability\.Read\.All.*Machine\.Read\.All.*Grant the permission Vulnerability\.Read\.All/,
    retryable: false,
    arrange: (tenant) => {
      tenant.change({ roles: ['Machine.Read.All'] });
      expireToken(tenant);
    },
  },
  {
    name: 'a missing licence',
    code: 'UPSTREAM_LICENSE_MISSING',
    says: /Assign Microsoft Defender Vulnerability Management/,
    retryable: false,
    arrange: (tenant) => tenant.change({ licensed: false }),
  },
  {
    name: 'an inactive account',
    code: 'UPSTREAM_ACCOUNT_INACTIVE',
    says: /Activate Microsoft Defender/,
    retryable: false,
    arrange: always(
      'export',
      reply(401, 'Unauthorized', 'Unauthorized request - reason of failure: Account mode is inactive'),
    ),
  },
  {
    name: 'a feature that is switched off',
    code: 'UPSTREAM_FEATURE_DISABLED',
    says: /Defender portal/,
    retryable: false,
    arrange: always('export', reply(403, 'DisabledFeature', 'The feature is disabled.')),
  },
  {
    name: 'an endpoint that is not there',
    code: 'UPSTREAM_NOT_FOUND',
    says: /DEFENDER_API_URL/,
    retryable: false,
    arrange: always('export', reply(404, 'ResourceNotFound', 'No such resource.')),
  },
  {
    name: 'throttling',
    code: 'UPSTREAM_RATE_LIMITED',
    says: /may be called again at 20\d\d-/,
    retryable: true,
    arrange: always('export', reply(429, 'TooManyRequests', 'API calls quota exceeded.')),
  },
  {
    name: 'errors of the service that outlast the retries',
    code: 'UPSTREAM_UNAVAILABLE',
    says: /status 500.*tried again later/,
    retryable: true,
    arrange: always('export', reply(500, 'InternalServerError', '')),
  },
  {
    name: 'the HTML of a gateway in front',
    code: 'UPSTREAM_UNAVAILABLE',
    says: /status 502(?!.*<)/,
    retryable: true,
    arrange: always('export', BAD_GATEWAY),
  },
  {
    name: 'a connection that is refused',
    code: 'UPSTREAM_UNREACHABLE',
    says: /ECONNREFUSED.*firewall.*HTTPS_PROXY/,
    retryable: true,
    arrange: (tenant) => tenant[Symbol.asyncDispose](),
  },
  {
    name: 'an export without files',
    code: 'SNAPSHOT_EMPTY',
    says: /Vulnerability Management/,
    retryable: false,
    arrange: always('export', {
      kind: 'reply',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ exportFiles: [], generatedTime: '2030-01-01T00:00:00Z' }),
    }),
  },
  {
    name: 'a file host that is not allowed',
    code: 'UPSTREAM_HOST_REFUSED',
    says: /DEFENDER_DOWNLOAD_HOSTS/,
    retryable: false,
    settings: { DEFENDER_DOWNLOAD_HOSTS: 'files.example.test' },
    arrange: (tenant) => tenant.advance(7 * HOUR_MS),
  },
];

interface Status {
  readonly refresh: {
    readonly phase: string;
    readonly lastRun: { readonly outcome: string; readonly failure: { readonly code: string } };
    readonly lastFailure: { readonly code: string; readonly message: string; readonly retryable: boolean };
  };
  readonly snapshot: { readonly revision: number };
  readonly certificates: { readonly totalCount: number };
}

/** A gateway that serves a snapshot of the tenant, under the settings of the scenario, and the tenant broken. */
async function startBroken(
  tenant: Simulator,
  dataDir: string,
  { settings, arrange }: Scenario,
): Promise<Gateway> {
  const exporting = { REFRESH_SOURCE: 'export' };
  const first = await startGatewayWithSnapshot({ tenant, dataDir, settings: exporting });
  if (settings !== undefined) await first[Symbol.asyncDispose]();
  await arrange(tenant);
  return settings === undefined
    ? first
    : startGateway({ tenant, dataDir, settings: { ...exporting, ...settings } });
}

describe('while the last snapshot is served', { concurrency: 4 }, () => {
  for (const scenario of SCENARIOS) {
    const { name, code, says, retryable } = scenario;
    test(`${name} ends as ${code}`, async (t) => {
      await using tenant = await createSimulator(SIZE);
      await using gateway = await startBroken(tenant, createTemporaryFolder(t), scenario);
      const { outcome } = await gateway.refresh();
      const { refresh, snapshot, certificates } = await gateway.ask<Status>(`{
        refresh { phase lastRun { outcome failure { code } } lastFailure { code message retryable } }
        snapshot { revision }
        certificates { totalCount }
      }`);
      const { message, ...failure } = refresh.lastFailure;
      assert.deepEqual(failure, { code, retryable }, message);
      assert.match(message, says);
      assert.equal(refresh.lastRun.outcome, outcome);
      assert.equal(outcome, code.startsWith('SNAPSHOT_') ? 'REJECTED' : 'FAILED');
      assert.equal(refresh.lastRun.failure.code, code);
      assert.equal(refresh.phase, 'IDLE');
      assert.equal(snapshot.revision, 1);
      assert.ok(certificates.totalCount > 0);
      assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
    });
  }
});

test('a token that expires early is renewed once, and the run goes on', async () => {
  await using tenant = await createSimulator(SIZE);
  await using gateway = await startGatewayWithSnapshot({ tenant });
  expireToken(tenant);
  const before = tenant.calls.length;
  const { outcome, failure } = await gateway.refresh();
  assert.equal(outcome, 'UNCHANGED', failure?.message);
  const calls = tenant.calls.slice(before).map(({ endpoint, status }) => `${endpoint} ${status}`);
  assert.deepEqual(calls, ['export 401', 'token 200', 'export 200']);
});

test('a new token that is refused as well is not renewed again', async () => {
  await using tenant = await createSimulator(SIZE);
  await using gateway = await startGatewayWithSnapshot({ tenant });
  always('export', reply(401, 'Unauthorized', 'Token is expired'))(tenant);
  const before = tenant.calls.length;
  const { failure } = await gateway.refresh();
  assert.equal(failure?.code, 'UPSTREAM_UNAUTHORIZED');
  assert.match(failure?.message ?? '', /DEFENDER_SCOPE/);
  const calls = tenant.calls.slice(before).map(({ endpoint, status }) => `${endpoint} ${status}`);
  assert.deepEqual(calls, ['export 401', 'token 200', 'export 401']);
});

test('a licence is not asked for twice: no new token cures that', async () => {
  await using tenant = await createSimulator(SIZE);
  await using gateway = await startGatewayWithSnapshot({ tenant });
  tenant.change({ licensed: false });
  const before = tenant.calls.length;
  await gateway.refresh();
  const calls = tenant.calls.slice(before).map(({ endpoint, status }) => `${endpoint} ${status}`);
  assert.deepEqual(calls, ['export 401']);
});

test('a role that is granted works from the next run on, although the old token lives', async () => {
  await using tenant = await createSimulator({ ...SIZE, roles: [] });
  await using gateway = await startGateway({ tenant });
  assert.equal((await gateway.firstRun).failure?.code, 'UPSTREAM_ROLE_MISSING');
  tenant.change({ roles: ['Vulnerability.Read.All'] });
  const { outcome, failure } = await gateway.refresh();
  assert.equal(outcome, 'PUBLISHED', failure?.message);
});

test('auto reads pages where the export is missing, and not where throttling is all that is wrong', async () => {
  await using tenant = await createSimulator(SIZE);
  always('export', reply(404, 'ResourceNotFound', 'No such resource.'))(tenant);
  await using gateway = await startGatewayWithSnapshot({ tenant, settings: { REFRESH_SOURCE: 'auto' } });
  const { snapshot } = await gateway.ask<{ snapshot: unknown }>('{ snapshot { source revision } }');
  assert.deepEqual(snapshot, { source: 'PAGED', revision: 1 });

  await using throttled = await createSimulator(SIZE);
  always('export', reply(429, 'TooManyRequests', 'API calls quota exceeded.'))(throttled);
  await using waiting = await startGateway({ tenant: throttled, settings: { REFRESH_SOURCE: 'auto' } });
  assert.equal((await waiting.firstRun).failure?.code, 'UPSTREAM_RATE_LIMITED');
  assert.equal(throttled.calls.filter(({ endpoint }) => endpoint === 'paged').length, 0);
});

const DATA_ROOTS: Readonly<Record<string, string>> = {
  certificates: 'certificates { totalCount }',
  devices: 'devices { totalCount }',
  installations: 'installations { totalCount }',
  rbacGroups: 'rbacGroups { totalCount }',
  certificate: `certificate(thumbprint: "${'AB'.repeat(20)}") { id }`,
  device: `device(deviceId: "${'ab'.repeat(20)}") { id }`,
};

test('before the first snapshot, data is unavailable and the reason is not', async () => {
  await using tenant = await createSimulator(SIZE);
  const { AZURE_CLIENT_SECRET: clientSecret = '' } = tenant.environment;
  tenant.change({ clientSecret: 'another-secret' });
  await using gateway = await startGateway({ tenant });
  await gateway.firstRun;

  for (const [root, field] of Object.entries(DATA_ROOTS)) {
    const { status, headers, body } = await gateway.post(`{ ${field} }`);
    assert.deepEqual([status, body.data], [503, { [root]: null }], root);
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.deepEqual(
      body.errors?.map(({ path, extensions }) => [path, extensions.code]),
      [[[root], 'SNAPSHOT_UNAVAILABLE']],
    );
    assert.deepEqual(body.extensions, { snapshot: null });
  }
  const mixed = await gateway.post<{ refresh: unknown }>(
    `{ ${Object.values(DATA_ROOTS).join(' ')} refresh { lastFailure { code } lastRun { outcome } } }`,
  );
  assert.equal(mixed.status, 200);
  assert.equal(mixed.body.errors?.length, 6);
  assert.deepEqual(mixed.body.data?.refresh, {
    lastFailure: { code: 'UPSTREAM_CREDENTIAL_REJECTED' },
    lastRun: { outcome: 'FAILED' },
  });
  const alone = await gateway.post('{ refresh { phase } }');
  assert.deepEqual([alone.status, alone.body.data], [200, { refresh: { phase: 'IDLE' } }]);

  const ready = await fetch(`${gateway.url}/health/ready`);
  assert.equal(ready.status, 503);
  assert.equal(((await ready.json()) as { reason: string }).reason, 'SNAPSHOT_UNAVAILABLE');
  assert.equal((await fetch(`${gateway.url}/health/live`)).status, 200);

  tenant.change({ clientSecret });
  const { outcome, failure } = await gateway.refresh();
  assert.equal(outcome, 'PUBLISHED', failure?.message);
  assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
  const { refresh } = await gateway.ask<{ refresh: unknown }>('{ refresh { lastFailure { code } } }');
  assert.deepEqual(refresh, { lastFailure: null });
});

test('a tenant that Entra ID does not know is named as such', async () => {
  await using tenant = await createSimulator(SIZE);
  const settings = { AZURE_TENANT_ID: '00000000-0000-4000-8000-000000000000' };
  await using gateway = await startGateway({ tenant, settings });
  const { failure } = await gateway.firstRun;
  assert.equal(failure?.code, 'UPSTREAM_TENANT_NOT_FOUND');
  assert.match(failure?.message ?? '', /AZURE_TENANT_ID.*AZURE_AUTHORITY_HOST/);
});
