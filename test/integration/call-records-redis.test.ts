import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore, type Store } from '../../src/storage/store.ts';
import { EXPORT_WINDOWS, NOTHING_KNOWN, testCallRecordContract } from '../support/call-record-contract.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { startRedisServer, useRedisServer } from '../support/redis-server.ts';

const { path, skip } = findOptionalProgram('redis-server');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Below a file, so that nothing is recorded on disk in place of Redis. */
const NO_FOLDER = `${import.meta.filename}/folder`;
/** As the server may be behind this process. */
const SLACK_MS = 30_000;

describe('call records', { skip }, () => {
  const redis = useRedisServer(path);

  /** @param atMs of the clock of a gateway that connects by itself; it stands still */
  const openOwn = (atMs = 0): Promise<Store> =>
    openStore({
      dataDir: NO_FOLDER,
      cacheUrl: redis.server.url,
      clock: createManualClock(atMs),
      log: silentLogger,
    });

  /** Two gateways whose clocks are years apart, over a Redis that was emptied. */
  async function openTwo() {
    await redis.raw.flushDb();
    const stores = [await openOwn(), await openOwn(Date.UTC(2099, 0))];
    return {
      records: stores.map((store) => store.callRecords(['tenant', 'application', 'https://api'])),
      [Symbol.asyncDispose]: async () => {
        for (const store of stores) await store[Symbol.asyncDispose]();
      },
    };
  }

  /** The one sorted set there is. */
  async function findCallsKey(): Promise<string> {
    const keys = (await redis.raw.keys('*')).filter((key) => !key.endsWith(':throttled'));
    assert.equal(keys.length, 1);
    return keys[0]!;
  }

  testCallRecordContract('Redis', {
    create: async () => {
      await redis.raw.flushDb();
      const stores: Store[] = [];
      return {
        open: async (scope = 'scope') => {
          const store = await openOwn();
          stores.push(store);
          return store.callRecords([scope]);
        },
        [Symbol.asyncDispose]: async () => {
          for (const store of stores) await store[Symbol.asyncDispose]();
        },
      };
    },
  });

  describe('in Redis', () => {
    it('go by the clock of the server, whatever the gateways believe', async () => {
      await using gateways = await openTwo();
      const [one, other] = gateways.records;
      for (let call = 0; call < 5; call += 1) {
        const records = call % 2 === 0 ? one! : other!;
        assert.equal((await records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS)).granted, true);
      }
      for (const records of gateways.records) {
        const { granted, agesMs } = await records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
        assert.equal(granted, false);
        assert.ok(
          agesMs.every((ageMs) => ageMs >= 0 && ageMs < SLACK_MS),
          String(agesMs),
        );
      }
    });

    it('deal out each call once to two clients that ask at the same time', async () => {
      await using gateways = await openTwo();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, call) =>
          gateways.records[call % 2]!.record('PAGED', NOTHING_KNOWN, { perMinute: 30, perHour: 1_000 }),
        ),
      );
      assert.equal(answers.filter(({ granted }) => granted).length, 30);
    });

    it('have keys without names in them, which expire with the last call, and the wait', async () => {
      await using gateways = await openTwo();
      const [records] = gateways.records;
      await records!.merge('EXPORT', NOTHING_KNOWN);
      assert.deepEqual(await redis.raw.keys('*'), []);
      await records!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
      await records!.merge('EXPORT', { agesMs: [], throttledForMs: MINUTE });
      const [calls, throttled] = (await redis.raw.keys('*')).sort();
      assert.match(calls!, /^defender-certificate-gateway:calls:\{[0-9a-f]{32}\}:export$/);
      assert.equal(throttled, `${calls}:throttled`);
      assertBetween(await redis.raw.pTTL(calls!), HOUR - SLACK_MS, HOUR);
      assertBetween(await redis.raw.pTTL(throttled!), MINUTE - SLACK_MS, MINUTE);
    });

    it('that were flushed learn from whoever asks next what was called', async () => {
      await using gateways = await openTwo();
      const [one, other] = gateways.records;
      let known = NOTHING_KNOWN;
      for (let call = 0; call < 5; call += 1) known = await one!.record('EXPORT', known, EXPORT_WINDOWS);
      await redis.raw.flushDb();
      assert.equal((await one!.record('EXPORT', known, EXPORT_WINDOWS)).granted, false);
      assert.equal((await other!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS)).granted, false);
    });

    it('lock nobody out for longer than a window after the clock of the server was set back', async () => {
      await using gateways = await openTwo();
      const [records] = gateways.records;
      for (let call = 0; call < 5; call += 1) await records!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
      await records!.merge('EXPORT', { agesMs: [], throttledForMs: 2 * MINUTE });
      const calls = await findCallsKey();
      for (const member of await redis.raw.zRange(calls, 0, -1))
        await redis.raw.zIncrBy(calls, 24 * HOUR, member);
      await redis.raw.pExpire(`${calls}:throttled`, 24 * HOUR);
      const { agesMs, throttledForMs } = await records!.merge('EXPORT', NOTHING_KNOWN);
      assert.deepEqual(agesMs, [0, 0, 0, 0, 0]);
      assertBetween(throttledForMs, 2 * MINUTE - SLACK_MS, 2 * MINUTE);
      assertBetween(await redis.raw.pTTL(`${calls}:throttled`), 2 * MINUTE - SLACK_MS, 2 * MINUTE);
    });

    it('drop a call when its hour is over', async () => {
      await using gateways = await openTwo();
      const [records] = gateways.records;
      for (let call = 0; call < 2; call += 1) await records!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
      const calls = await findCallsKey();
      await redis.raw.zIncrBy(calls, -HOUR, (await redis.raw.zRange(calls, 0, 0))[0]!);
      assert.equal((await records!.merge('EXPORT', NOTHING_KNOWN)).agesMs.length, 1);
      assert.equal(await redis.raw.zCard(calls), 1);
    });

    it('that are no records are an error where no disk takes their place, not room for calls', async () => {
      await using gateways = await openTwo();
      const [records] = gateways.records;
      await records!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
      await redis.raw.set(await findCallsKey(), 'anything');
      await assert.rejects(records!.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS), {
        code: 'STORE_UNAVAILABLE',
        message: /while recording a call/,
      });
    });

    it('are an error while Redis is away and no disk takes its place, at once', async () => {
      await using own = await startRedisServer(path);
      const clock = createManualClock();
      await using store = await openStore({
        dataDir: NO_FOLDER,
        cacheUrl: own.url,
        clock,
        log: silentLogger,
      });
      const records = store.callRecords(['scope']);
      await own.kill();
      await assert.rejects(records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS), {
        code: 'STORE_UNAVAILABLE',
      });
      await assert.rejects(records.merge('EXPORT', NOTHING_KNOWN), { code: 'STORE_UNAVAILABLE' });
    });
  });
});

function assertBetween(value: number, low: number, high: number): void {
  assert.ok(value >= low && value <= high, `${value} is not between ${low} and ${high}`);
}
