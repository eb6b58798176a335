/** What Defender is asked, counted by the tenant itself, whatever happens to the process that asks. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { always, reply } from '../support/upstream-scenarios.ts';

const UNLIMITED = { perMinute: 1_000, perHour: 1_000 };
/** The tenant refuses nothing for being asked too often: what holds, the gateway holds. */
const SIZE = {
  devices: 4,
  recordsPerDevice: 10,
  seed: 91,
  limits: { export: UNLIMITED, paged: UNLIMITED },
};

/** Of a gateway that comes by nothing: pages are not what it turns to. */
function createEnvironment(tenant: Simulator, dataDir: string): Readonly<Record<string, string>> {
  return { ...tenant.environment, DATA_DIR: dataDir, PORT: '0', REFRESH_SOURCE: 'export' };
}

function findExportCalls(tenant: Simulator): readonly number[] {
  return tenant.calls.filter(({ endpoint }) => endpoint === 'export').map(({ atMs }) => atMs);
}

/** The most calls in any window that ends with a call. */
function countMost(callsAtMs: readonly number[], windowMs: number): number {
  const counts = callsAtMs.map(
    (endMs) => callsAtMs.filter((atMs) => atMs <= endMs && atMs > endMs - windowMs).length,
  );
  return Math.max(0, ...counts);
}

async function askForRefresh(gateway: Gateway): Promise<unknown> {
  const { refreshSnapshot } = await gateway.ask<{ refreshSnapshot: unknown }>(
    'mutation { refreshSnapshot { __typename ... on RefreshRateLimited { reason } } }',
  );
  return refreshSnapshot;
}

describe('a gateway that is killed and started again', { concurrency: 1 }, () => {
  test('twelve times within a minute calls a tenant that fails no more than five times', async (t) => {
    await using tenant = await createSimulator(SIZE);
    always('export', reply(500, 'InternalServerError', ''))(tenant);
    const environment = createEnvironment(tenant, createTemporaryFolder(t));
    for (let start = 1; start <= 12; start += 1) {
      await using gateway = startProcess([], environment);
      // In the wait for its first retry, or refused.
      await gateway.waitFor(/upstream attempt failed|refresh_finished/);
      gateway.kill('SIGKILL');
      assert.equal(await gateway.exit, null);
    }
    const calls = findExportCalls(tenant);
    assert.ok(calls.length >= 5, String(calls.length));
    assert.ok(countMost(calls, MINUTE_MS) <= 5, `${calls}`);
    assert.ok(countMost(calls, HOUR_MS) <= 20, `${calls}`);
  });

  test('in the middle of each call makes no more than five in a minute', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const environment = createEnvironment(tenant, createTemporaryFolder(t));
    let arrived = () => {};
    tenant.fail({
      endpoint: 'export',
      fault: { kind: 'hang' },
      times: Number.POSITIVE_INFINITY,
      when: () => {
        arrived();
        return true;
      },
    });
    let callCount = 0;
    const startedAtMs = Date.now();
    for (let start = 1; start <= 7; start += 1) {
      const arrival = new Promise<'called'>((resolve) => {
        arrived = () => {
          callCount += 1;
          resolve('called');
        };
      });
      await using gateway = startProcess([], environment);
      await Promise.race([arrival, gateway.waitFor(/"code":"UPSTREAM_BUDGET_SPENT"/)]);
      gateway.kill('SIGKILL');
    }
    const minutes = Math.ceil((Date.now() - startedAtMs + 1) / MINUTE_MS);
    assert.ok(callCount >= 5 && callCount <= 5 * minutes, `${callCount} calls in ${minutes} minutes`);
  });
});

describe('a gateway that is restarted', { concurrency: 2 }, () => {
  test('still obeys the 429 that the last one was given, below the quota', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const dataDir = createTemporaryFolder(t);
    tenant.fail({
      endpoint: 'export',
      fault: { kind: 'reply', status: 429, headers: { 'retry-after': '600' }, body: '{}' },
    });
    {
      await using gateway = await startGateway({ tenant, dataDir });
      assert.equal((await gateway.firstRun).failure?.code, 'UPSTREAM_RATE_LIMITED');
    }
    await using gateway = await startGateway({ tenant, dataDir });
    const { failure } = await gateway.firstRun;
    assert.equal(failure?.code, 'UPSTREAM_BUDGET_SPENT');
    assert.match(failure.message, /^Defender has asked this application to stay away/);
    assert.deepEqual(await askForRefresh(gateway), {
      __typename: 'RefreshRateLimited',
      reason: 'UPSTREAM_THROTTLED',
    });
    assert.equal(findExportCalls(tenant).length, 1);
  });

  test('shows the calls of the last one, and forgets them for another application', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const dataDir = createTemporaryFolder(t);
    const budgets = '{ refresh { budgets { endpoint remainingThisHour } } }';
    {
      await using gateway = await startGateway({ tenant, dataDir });
      await gateway.firstRun;
    }
    {
      await using gateway = await startGateway({ tenant, dataDir });
      assert.deepEqual(await gateway.ask(budgets), {
        refresh: {
          budgets: [
            { endpoint: 'EXPORT', remainingThisHour: 19 },
            { endpoint: 'PAGED', remainingThisHour: 1_000 },
          ],
        },
      });
    }
    const settings = { AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000000' };
    await using gateway = await startGateway({ tenant, dataDir, settings });
    const { refresh } = await gateway.ask<{ refresh: { budgets: { remainingThisHour: number }[] } }>(budgets);
    assert.equal(refresh.budgets[0]?.remainingThisHour, 20);
  });
});

test('the connection check counts for the gateway, and the gateway for the check', async (t) => {
  await using tenant = await createSimulator(SIZE);
  const dataDir = createTemporaryFolder(t);
  const environment = { ...tenant.environment, DATA_DIR: dataDir };
  await using gateway = await startGateway({ tenant, dataDir });
  await gateway.firstRun;
  for (let call = 2; call <= 4; call += 1) await gateway.refresh();
  {
    await using check = startProcess(['check'], environment);
    assert.equal(await check.exit, 0, check.stdout() + check.stderr());
  }
  const { failure } = await gateway.refresh();
  assert.equal(failure?.code, 'UPSTREAM_BUDGET_SPENT');
  {
    await using check = startProcess(['check'], environment);
    assert.equal(await check.exit, 1);
    assert.match(check.stdout(), /✗ Export listing: The call budget of the export endpoint is spent/);
    assert.match(check.stdout(), /Calls used: 0 of the export budget/);
  }
  assert.equal(findExportCalls(tenant).length, 5);
});
