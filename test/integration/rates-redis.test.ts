import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../src/core/clock.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import type { RateAmounts, RateKind } from '../../src/core/rates.ts';
import { createFallbackRates } from '../../src/storage/fallback-rates.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { connectRedis } from '../../src/storage/redis-connection.ts';
import { createRedisRates } from '../../src/storage/redis-rates.ts';
import { openStore } from '../../src/storage/store.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { startRedisServer, useRedisServer } from '../support/redis-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const { path, skip } = findOptionalProgram('redis-server');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** As the server may be behind this process. */
const SLACK_MS = 30 * SECOND;
/** So few that none comes back while a test runs. */
const LIMITS = { requests: 1, cost: 2 };
const KEY = /^defender-certificate-gateway:rates:[0-9a-f]{32}$/;

describe('rates in Redis', { skip }, () => {
  const redis = useRedisServer(path);

  interface Opening {
    readonly limits?: RateAmounts;
    readonly url?: string;
    readonly clock?: Clock;
    readonly log?: Logger;
  }

  async function open(t: TestContext, opening: Opening = {}) {
    const {
      limits = LIMITS,
      url = redis.server.url,
      clock = createManualClock(),
      log = silentLogger,
    } = opening;
    const dataDir = createTemporaryFolder(t);
    const store = await openStore({ dataDir, cacheUrl: url, clock, log });
    t.after(() => store[Symbol.asyncDispose]());
    const rates = await store.openRates(limits);
    assert.ok(rates !== null);
    return rates;
  }

  /** The one bucket there is. */
  async function findKey(): Promise<string> {
    const keys = await redis.raw.keys('*:rates:*');
    assert.equal(keys.length, 1);
    return keys[0]!;
  }

  async function serverNowMs(): Promise<number> {
    const [seconds, microseconds] = (await redis.raw.sendCommand(['TIME'])) as unknown as [string, string];
    return Number(seconds) * SECOND + Math.floor(Number(microseconds) / 1_000);
  }

  /** Moves a bucket into the past, as if nobody had asked for so long. */
  async function age(durationMs: number): Promise<void> {
    const key = await findKey();
    await redis.raw.hSet(key, 'at', String(Number(await redis.raw.hGet(key, 'at')) - durationMs));
  }

  it('are one bucket for two gateways that ask at the same time, whatever their clocks say', async (t) => {
    await redis.raw.flushDb();
    const limits = { requests: 30, cost: 1_000 };
    const gateways = [
      await open(t, { limits }),
      await open(t, { limits, clock: createManualClock(Date.UTC(2099, 0)) }),
    ];
    const taken = await Promise.all(
      Array.from({ length: 100 }, (_, index) => gateways[index % 2]!.take('a', 'requests', 1)),
    );
    const granted = taken.filter(({ isGranted }) => isGranted);
    // Half a unit comes back in a second.
    assert.ok(granted.length >= 30 && granted.length <= 32, String(granted.length));
    assert.deepEqual(
      granted.slice(0, 10).map(({ left }) => left.requests),
      [29, 28, 27, 26, 25, 24, 23, 22, 21, 20],
    );
  });

  it('are each caller’s own, in keys without names that are gone when all is paid back', async (t) => {
    await redis.raw.flushDb();
    const rates = await open(t);
    assert.equal((await rates.take('tenant:somebody', 'requests', 1)).isGranted, true);
    assert.equal((await rates.take('tenant:somebody', 'requests', 1)).isGranted, false);
    const key = await findKey();
    assert.match(key, KEY);
    assertBetween(await redis.raw.pTTL(key), MINUTE - SLACK_MS, MINUTE);
    const { isGranted, left } = await rates.take('tenant:somebody else', 'cost', 1);
    assert.deepEqual([isGranted, left], [true, { requests: 1, cost: 1 }]);
  });

  it('fill by the clock of the server', async (t) => {
    await redis.raw.flushDb();
    const rates = await open(t, { limits: { requests: 60, cost: 6_000 } });
    const beforeMs = await serverNowMs();
    await rates.take('a', 'cost', 6_000);
    await rates.take('a', 'requests', 60);
    assertBetween(Number(await redis.raw.hGet(await findKey(), 'at')), beforeMs, await serverNowMs());
    await age(30 * SECOND);
    const { left } = await rates.take('a', 'requests', 0);
    assertBetween(left.requests, 30, 60);
    assertBetween(left.cost, 3_000, 6_000);
    assert.equal((await rates.take('a', 'requests', 30)).isGranted, true);
  });

  it('lock nobody out for longer than a minute after the clock of the server was set back', async (t) => {
    await redis.raw.flushDb();
    const rates = await open(t);
    await rates.take('a', 'requests', 1);
    await age(-24 * 60 * MINUTE);
    await redis.raw.pExpire(await findKey(), 24 * 60 * MINUTE);
    const { isGranted, retryAfterMs } = await rates.take('a', 'requests', 1);
    assert.equal(isGranted, false);
    assert.ok(retryAfterMs! <= MINUTE);
    assertBetween(await redis.raw.pTTL(await findKey()), 1, MINUTE);
    await age(MINUTE);
    assert.equal((await rates.take('a', 'requests', 1)).isGranted, true);
  });

  it('take what rates in memory take', async (t) => {
    const connection = await connectRedis({
      url: redis.server.url,
      name: 'test',
      timeoutMs: MINUTE,
      clock: createManualClock(),
      log: silentLogger,
    });
    t.after(() => connection.close());
    const limit = fc.integer({ min: 0, max: 4 });
    const taking = fc.record({
      callerId: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom<RateKind>('requests', 'cost'),
      amount: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(limit, limit, fc.array(taking, { maxLength: 12 }), async (requests, cost, takings) => {
        await redis.raw.flushDb();
        const limits = { requests, cost };
        const rates = createRedisRates({ connection, limits });
        const memory = createMemoryRates({ limits, clock: createManualClock() });
        for (const { callerId, kind, amount } of takings) {
          const { retryAfterMs: expectedMs, ...expected } = await memory.take(callerId, kind, amount);
          const { retryAfterMs, ...actual } = await rates.take(callerId, kind, amount);
          assert.deepEqual(actual, expected);
          if (expectedMs === null || expectedMs === 0) assert.equal(retryAfterMs, expectedMs);
          else assertBetween(retryAfterMs!, expectedMs - SLACK_MS, expectedMs);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are exact for the largest limits', async (t) => {
    await redis.raw.flushDb();
    const limits = { requests: 1_000_000, cost: 1_000_000_000 };
    const rates = await open(t, { limits });
    await rates.take('a', 'cost', 999_999_999);
    // A thousand years from now, so that nothing is paid back.
    await age(-1_000 * 365 * 24 * 60 * MINUTE);
    const { isGranted, left } = await rates.take('a', 'cost', 2);
    assert.deepEqual([isGranted, left.cost], [false, 1]);
  });

  /** Rates in a Redis that a test can break, and in the process while it is broken. */
  async function openBreakable(t: TestContext) {
    const own = await startRedisServer(path);
    t.after(() => own[Symbol.asyncDispose]());
    const log = createRecordingLogger();
    const clock = createManualClock();
    const failures: string[] = [];
    const rates = createFallbackRates({
      first: await open(t, { url: own.url, clock, log }),
      second: createMemoryRates({ limits: LIMITS, clock }),
      log,
      onStoreFailure: ({ code }) => failures.push(code),
    });
    const take = async () => (await rates.take('a', 'requests', 1)).isGranted;
    assert.deepEqual([await take(), await take()], [true, false]);
    return { own, log, clock, failures, take };
  }

  it('go on in the process when Redis is gone, and in Redis when it is back', async (t) => {
    const { own, log, failures, take } = await openBreakable(t);
    await own.kill();
    assert.deepEqual([await take(), await take()], [true, false]);
    assert.deepEqual(failures, ['STORE_UNAVAILABLE']);
    // The store has two connections beside this one.
    const back = log.until('Redis can be reached again', 3);
    await own.restart();
    await back;
    assert.deepEqual([await take(), await take()], [true, false], 'an empty Redis');
  });

  it('let nobody wait longer than a second for a Redis that is silent', async (t) => {
    const { own, clock, failures, take } = await openBreakable(t);
    own.freeze();
    let answer: boolean | undefined;
    const asked = take().then((isGranted) => {
      answer = isGranted;
    });
    await clock.advance(SECOND);
    assert.equal(answer, true);
    await asked;
    assert.deepEqual(failures, ['STORE_UNAVAILABLE']);
    own.thaw();
  });
});

function assertBetween(value: number, low: number, high: number): void {
  assert.ok(value >= low && value <= high, `${value} is not between ${low} and ${high}`);
}
