/** The gateway with Redis in place of the disk: what outlives a restart, and what an outage costs. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const redis = findOptionalProgram('redis-server');
const BUDGETS = '{ refresh { budgets { endpoint remainingThisMinute remainingThisHour } } }';
/** So that only the gateways' own limits show. */
const NO_LIMITS = { export: { perMinute: 1_000, perHour: 1_000 } };

interface Budgets {
  readonly refresh: {
    readonly budgets: readonly { readonly remainingThisMinute: number; readonly remainingThisHour: number }[];
  };
}

const SNAPSHOT = '{ snapshot { id revision installationCount } }';

describe('a gateway with Redis', { skip: redis.skip }, () => {
  test('serves the snapshot of Redis after a restart, without a call upstream or a file', async (t) => {
    await using server = await startRedisServer(redis.path);
    await using tenant = await createSimulator({ devices: 10, recordsPerDevice: 20 });
    const dataDir = createTemporaryFolder(t);
    const settings = { CACHE_URL: server.url, REFRESH_INTERVAL: '6h' };
    let before: unknown;
    {
      await using gateway = await startGatewayWithSnapshot({ tenant, dataDir, settings });
      before = await gateway.ask(SNAPSHOT);
    }
    const calls = tenant.calls.length;
    await using gateway = await startGateway({ tenant, dataDir, settings });
    assert.deepEqual(await gateway.ask(SNAPSHOT), before);
    assert.equal(tenant.calls.length, calls);
    assert.deepEqual(readdirSync(dataDir), []);
  });

  test('takes a Redis that is away for no empty inventory: it reads anew, serves, and says what is not stored', async (t) => {
    await using server = await startRedisServer(redis.path);
    await server.kill();
    await using tenant = await createSimulator({ devices: 10, recordsPerDevice: 20 });
    const settings = { CACHE_URL: server.url };
    const dataDir = createTemporaryFolder(t);
    await using gateway = await startGateway({ tenant, dataDir, settings });
    const { outcome, failure } = await gateway.firstRun;
    assert.deepEqual([outcome, failure?.code], ['PUBLISHED', 'STORE_UNAVAILABLE']);
    assert.match(failure?.message ?? '', /Redis at 127\.0\.0\.1:\d+ /);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    assert.match(metrics, /store_failures_total\{code="STORE_UNAVAILABLE"\} [1-9]/);
    const { snapshot } = await gateway.ask<{ snapshot: { installationCount: number } }>(SNAPSHOT);
    assert.ok(snapshot.installationCount > 100);

    // Meanwhile the calls are counted on disk: no restart makes more of them.
    await gateway[Symbol.asyncDispose]();
    await using restarted = await startGateway({ tenant, dataDir, settings });
    await restarted.firstRun;
    const { budgets } = (await restarted.ask<Budgets>(BUDGETS)).refresh;
    assert.equal(budgets[0]!.remainingThisHour, 18);
    assert.deepEqual(readdirSync(dataDir), ['calls']);
  });

  test('knows of the calls that another gateway with the same Redis makes', async (t) => {
    await using server = await startRedisServer(redis.path);
    await using tenant = await createSimulator({ devices: 4, recordsPerDevice: 10, limits: NO_LIMITS });
    const settings = { CACHE_URL: server.url };
    const dataDir = createTemporaryFolder(t);
    await using one = await startGatewayWithSnapshot({ tenant, dataDir, settings });
    await using other = await startGateway({ tenant, dataDir, settings });
    assert.deepEqual(
      (await other.ask<Budgets>(BUDGETS)).refresh.budgets[0],
      { endpoint: 'EXPORT', remainingThisMinute: 4, remainingThisHour: 19 },
      'from its start on',
    );
    for (let call = 0; call < 4; call += 1) await one.refresh();
    const { outcome, failure } = await other.refresh();
    assert.deepEqual([outcome, failure?.code], ['FAILED', 'UPSTREAM_BUDGET_SPENT']);
    const { remainingThisMinute } = (await other.ask<Budgets>(BUDGETS)).refresh.budgets[0]!;
    assert.equal(remainingThisMinute, 0);
    assert.equal(tenant.calls.filter(({ endpoint }) => endpoint === 'export').length, 5);
  });
});
