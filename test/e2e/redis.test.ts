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
    await using gateway = await startGatewayWithSnapshot({
      tenant,
      dataDir: createTemporaryFolder(t),
      settings: { CACHE_URL: server.url },
    });
    const { snapshot, refresh } = await gateway.ask<{
      snapshot: { installationCount: number };
      refresh: { lastRun: { outcome: string; failure: { code: string } | null } };
    }>('{ snapshot { installationCount } refresh { lastRun { outcome failure { code } } } }');
    assert.ok(snapshot.installationCount > 100);
    assert.equal(refresh.lastRun.outcome, 'PUBLISHED');
    assert.equal(refresh.lastRun.failure?.code, 'STORE_UNAVAILABLE');
  });
});
