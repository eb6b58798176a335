/**
 * A gateway whose Redis goes away, hangs, is emptied, takes no writes, or gives back something else: it serves what it has,
 * whole, answers every request, tells what is wrong, and never takes silence for an empty inventory.
 */

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createClient, RESP_TYPES, type RedisClientType } from '@redis/client';
import { systemClock } from '../../src/core/clock.ts';
import { MINUTE_MS } from '../../src/core/units.ts';
import { type ChangingTenant, createChangingTenant } from '../support/changing-tenant.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { findServedGeneration, type TrueGeneration } from '../support/generations.ts';
import { createLogCollector } from '../support/log-collector.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { askPersistedQuery } from '../support/persisted-query.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const redis = findOptionalProgram('redis-server');

interface Fixture {
  readonly tenant: ChangingTenant;
  readonly server: RedisServer;
  readonly raw: RedisClientType;
  /** A gateway over this Redis, what it has logged, and a way to let its time pass. */
  open(
    start: typeof startGateway,
  ): Promise<{ gateway: Gateway; said(): string; wait(durationMs: number): void }>;
}

describe('a Redis that', { skip: redis.skip, concurrency: 2 }, () => {
  async function setUp(t: TestContext, seed: number): Promise<Fixture> {
    const resources = new AsyncDisposableStack();
    t.after(() => resources.disposeAsync());
    const tenant = resources.use(await createChangingTenant(seed));
    const server = resources.use(await startRedisServer(redis.path));
    const raw: RedisClientType = createClient({ url: server.url });
    raw.on('error', () => {});
    await raw.connect();
    resources.defer(() => raw.destroy());
    const dataDir = createTemporaryFolder(t);
    return {
      tenant,
      server,
      raw,
      open: async (start) => {
        const { log, said } = createLogCollector();
        let waitedMs = 0;
        const clock = { ...systemClock, now: () => systemClock.now() + waitedMs };
        const settings = { CACHE_URL: server.url };
        const overrides = { log, clock };
        const gateway = await start({ tenant: tenant.simulator, dataDir, settings, overrides });
        const wait = (durationMs: number) => {
          waitedMs += durationMs;
        };
        return { gateway, said, wait };
      },
    };
  }

  /** What takes the writes of a running gateway, or Redis as a whole, and gives them back. */
  const OUTAGES: readonly (readonly [
    name: string,
    begin: (fixture: Fixture) => Promise<unknown>,
    end: (fixture: Fixture) => Promise<unknown>,
    says: RegExp,
  ])[] = [
    [
      'has become a replica',
      ({ raw }) => raw.sendCommand(['REPLICAOF', '127.0.0.1', '1']),
      ({ raw }) => raw.sendCommand(['REPLICAOF', 'NO', 'ONE']),
      /READONLY/,
    ],
    [
      'is out of memory',
      ({ raw }) => raw.configSet('maxmemory', '1'),
      ({ raw }) => raw.configSet('maxmemory', '0'),
      /OOM command not allowed/,
    ],
    [
      'is killed, and comes back empty,',
      ({ server }) => server.kill(),
      ({ server }) => server.restart(),
      /Check that it runs and can be reached/,
    ],
  ];

  for (const [index, [name, begin, end, says]] of OUTAGES.entries()) {
    test(`${name} while the gateway runs: it serves, says so, and stores later what it could not`, async (t) => {
      const fixture = await setUp(t, 61 + index);
      const { tenant } = fixture;
      {
        const { gateway, said, wait } = await fixture.open(startGatewayWithSnapshot);
        await using _ = gateway;
        await forgetTokens(fixture);
        await begin(fixture);
        await assertServes(gateway, tenant.newest());

        tenant.change();
        const { outcome, failure } = await gateway.refresh();
        assert.equal(outcome, 'PUBLISHED');
        assert.equal(failure?.code, 'STORE_UNAVAILABLE');
        assert.match(failure.message, says);
        assert.match(said(), /"event":"refresh_finished".*"code":"STORE_UNAVAILABLE"/);
        await assertServes(gateway, tenant.newest());

        await end(fixture);
        while (!said().includes('"event":"snapshot_stored_late"')) {
          wait(4 * MINUTE_MS);
          assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
        }
      }
      const { gateway, said } = await fixture.open(startGateway);
      await using _ = gateway;
      assert.match(said(), /"event":"snapshot_restored"/);
      await assertServes(gateway, tenant.newest());
    });
  }

  test('is emptied while the gateway runs: it serves on, a restart reads anew, and the next refresh is stored', async (t) => {
    const fixture = await setUp(t, 71);
    const { tenant, raw } = fixture;
    const { gateway } = await fixture.open(startGatewayWithSnapshot);
    await using _ = gateway;
    await raw.flushAll();
    await assertServes(gateway, tenant.newest());

    const another = await fixture.open(startGatewayWithSnapshot);
    await assertServes(another.gateway, tenant.newest());
    await another.gateway[Symbol.asyncDispose]();

    await raw.flushAll();
    tenant.change();
    const { outcome, failure } = await gateway.refresh();
    assert.deepEqual([outcome, failure], ['PUBLISHED', null]);
    const third = await fixture.open(startGateway);
    await using _third = third.gateway;
    assert.match(third.said(), /"event":"snapshot_restored"/);
    await assertServes(third.gateway, tenant.newest());
  });

  test('hangs: requests are answered, persisted queries too, and another gateway starts and reads anew', async (t) => {
    const fixture = await setUp(t, 72);
    const { tenant, server } = fixture;
    const { gateway, said } = await fixture.open(startGatewayWithSnapshot);
    await using _ = gateway;
    server.freeze();
    await assertServes(gateway, tenant.newest());
    await assertServes(gateway, tenant.newest());
    assert.match(said(), /Redis at \S+ \(CACHE_URL\) must answer, but failed while reading entries/);

    const another = await fixture.open(startGateway);
    await using _another = another.gateway;
    assert.equal((await fetch(`${another.gateway.url}/health/live`)).status, 200);
    assert.equal((await fetch(`${another.gateway.url}/health/ready`)).status, 503);
    const { body } = await another.gateway.post('{ snapshot { revision } }');
    assert.deepEqual(body.data, { snapshot: null }, 'no empty inventory is served');
    assert.match(another.said(), /"event":"restore_failed".*Redis at .*"code":"STORE_UNAVAILABLE"/);

    server.thaw();
    for (let run = await another.gateway.firstRun; run.outcome !== 'PUBLISHED'; ) {
      another.wait(4 * MINUTE_MS);
      run = await another.gateway.refresh();
    }
    await assertServes(another.gateway, tenant.newest());
  });

  test('gives back something else: a chunk, a document or a pointer that was altered is never served', async (t) => {
    const fixture = await setUp(t, 73);
    const { tenant, raw } = fixture;
    const older = tenant.newest();
    let own: readonly string[];
    {
      const { gateway } = await fixture.open(startGatewayWithSnapshot);
      await using _ = gateway;
      const before = await raw.keys('*:chunk:*');
      await forgetTokens(fixture);
      tenant.change();
      assert.equal((await gateway.refresh()).failure, null);
      own = (await raw.keys('*:chunk:*')).filter((key) => !before.includes(key));
    }
    await forgetTokens(fixture);
    const [pointer = ''] = await raw.keys('*:snapshots::*');
    const text = (await raw.get(pointer)) ?? '';
    const binary = raw.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    for (const key of own) {
      const stored = (await binary.get(key))!;
      await raw.set(key, stored.map((byte, at) => (at === stored.length >> 1 ? byte ^ 1 : byte)) as Buffer);
      {
        const { gateway, said } = await fixture.open(startGateway);
        await using _ = gateway;
        await assertServes(gateway, older);
        assert.match(said(), /"code":"STORE_CORRUPT"/);
      }
      await raw.set(key, stored);
      await raw.set(pointer, text);
    }
    for (const altered of [text.replace(/"current":"../, '"current":"zz'), text.slice(0, -9), '']) {
      await raw.set(pointer, altered);
      const { gateway, said } = await fixture.open(startGatewayWithSnapshot);
      await using _ = gateway;
      await assertServes(gateway, tenant.newest());
      assert.match(said(), /"code":"STORE_CORRUPT"/);
      await forgetTokens(fixture);
    }
  });
});

/** The simulated days that pass make every stored token an expired one. */
async function forgetTokens({ raw }: Fixture): Promise<void> {
  for (const key of await raw.keys('*:tokens::*')) await raw.del(key);
}

async function assertServes(gateway: Gateway, generation: TrueGeneration): Promise<void> {
  assert.equal(await findServedGeneration(gateway, [generation]), generation);
  assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
  assert.equal(await askPersistedQuery(gateway.url), 200);
}
