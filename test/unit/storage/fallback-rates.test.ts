import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { RateLimiter } from '../../../src/core/rates.ts';
import { createFallbackRates } from '../../../src/storage/fallback-rates.ts';
import { createMemoryRates } from '../../../src/storage/memory-rates.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

function setUp() {
  const limits = { requests: 2, cost: 10 };
  const clock = createManualClock();
  const shared = createMemoryRates({ limits, clock });
  let failure: Error | undefined;
  const first: RateLimiter = {
    limits,
    take: async (...taking) => {
      if (failure !== undefined) throw failure;
      return shared.take(...taking);
    },
  };
  const log = createRecordingLogger();
  const failures: string[] = [];
  const rates = createFallbackRates({
    first,
    second: createMemoryRates({ limits, clock }),
    log,
    onStoreFailure: ({ code }) => failures.push(code),
  });
  return {
    take: async () => (await rates.take('a', 'requests', 1)).isGranted,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    log,
    failures,
  };
}

const AWAY = new GatewayError('STORE_UNAVAILABLE', 'Redis is away.', { retryable: true });

test('goes on limiting elsewhere while the first is away, and comes back', async () => {
  const { take, fail } = setUp();
  assert.deepEqual([await take(), await take(), await take()], [true, true, false]);
  fail(AWAY);
  assert.deepEqual([await take(), await take(), await take()], [true, true, false]);
  fail(undefined);
  assert.equal(await take(), false, 'what was taken from the first is still gone');
});

test('says once in an outage that it has begun, and counts it', async () => {
  const { take, fail, log, failures } = setUp();
  await take();
  assert.deepEqual([log.messages.length, failures], [0, []]);
  fail(AWAY);
  await Promise.all([take(), take(), take()]);
  assert.equal(log.messages.length, 1);
  assert.deepEqual(log.lines[0]?.fields, {
    event: 'rates_elsewhere',
    code: 'STORE_UNAVAILABLE',
    reason: 'Redis is away.',
  });
  assert.deepEqual(failures, ['STORE_UNAVAILABLE']);
  fail(undefined);
  await take();
  fail(AWAY);
  await take();
  assert.equal(log.messages.length, 2);
  assert.equal(failures.length, 2);
});

test('hides no mistake of ours', async () => {
  const { take, fail, log, failures } = setUp();
  const mistake = new Error('a mistake');
  fail(mistake);
  await assert.rejects(take(), (error) => error === mistake);
  assert.deepEqual([log.messages, failures], [[], []]);
});
