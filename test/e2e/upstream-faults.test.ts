/**
 * Whatever fails between the gateway and Microsoft ends as a code and a message that says what to do, and the
 * last snapshot is served on; before there is one, the gateway says so and goes on answering what it can.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import {
  always,
  expireToken,
  reply,
  UPSTREAM_SCENARIOS,
  type UpstreamScenario,
} from '../support/upstream-scenarios.ts';

const SIZE = { devices: 4, recordsPerDevice: 10, seed: 71 };

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
  { settings, arrange }: UpstreamScenario,
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
  for (const scenario of UPSTREAM_SCENARIOS) {
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

describe('tokens, roles and licences', { concurrency: 3 }, () => {
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
    assert.equal(body.extensions.snapshot, null);
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
