import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { composeRates } from '../../src/compose-rates.ts';
import type { MainAnswers } from '../../src/compose-serving-pool.ts';
import { type Config, parseConfig } from '../../src/config/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { RateAmounts, RateLimiter } from '../../src/core/rates.ts';
import { connectMainThread } from '../../src/serving/main-thread.ts';
import {
  openServingThread,
  type ServingAnswers,
  type ServingWorker,
} from '../../src/serving/serving-thread.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { ADDRESS } from '../support/serving-pool-harness.ts';

const LIMITS = { requests: 10, cost: 10 };

/** The settings of a gateway that knows its callers. */
function createConfig(rates: RateAmounts, mode = 'entra'): Config {
  const config = parseConfig({
    AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
    AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
    AZURE_CLIENT_SECRET: 'value',
  });
  return { ...config, rates, auth: { ...config.auth, mode } as Config['auth'] };
}

function setUp(config: Config, shared: RateLimiter | null) {
  const opened: RateAmounts[] = [];
  const local = createMemoryRates({ limits: config.rates, clock: createManualClock() });
  const store = {
    openRates: async (limits: RateAmounts) => {
      opened.push(limits);
      return shared;
    },
  };
  const compose = (local: RateLimiter) =>
    composeRates({ config, store, local, log: silentLogger, onStoreFailure: () => undefined });
  return { opened, local, compose };
}

/** The end of a further thread, over a real channel to a main thread that answers from these rates. */
function connectThread(t: TestContext, mainRates: RateLimiter): RateLimiter {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const answers = {
    takeRate: ({ callerId, kind, amount }) => mainRates.take(callerId, kind, amount),
  } as ServingAnswers<MainAnswers>;
  openServingThread<MainAnswers, null>({
    worker: Object.assign(port1, { terminate: async () => undefined }) as unknown as ServingWorker,
    address: ADDRESS,
    findSnapshot: () => null,
    findPolicy: () => null,
    answers,
    clock: createManualClock(),
  });
  const mainThread = connectMainThread<MainAnswers, null>(port2);
  mainThread.follow({
    serve: async () => undefined,
    publish: () => undefined,
    adoptPolicy: () => undefined,
    gather: async () => null,
    stop: async () => undefined,
  });
  return {
    limits: mainRates.limits,
    take: (callerId, kind, amount) => mainThread.ask('takeRate', { callerId, kind, amount }),
  };
}

test('all threads of a process take from one bucket', async (t) => {
  const { local, compose } = setUp(createConfig(LIMITS), null);
  const main = await compose(local);
  const threads = [main, await compose(connectThread(t, local)), await compose(connectThread(t, local))];
  const taken = await Promise.all(
    Array.from({ length: 30 }, (_, index) => threads[index % 3]!.take('a', 'requests', 1)),
  );
  assert.equal(taken.filter(({ isGranted }) => isGranted).length, 10);
  assert.deepEqual(await threads[1]!.take('a', 'cost', 11), {
    isGranted: false,
    left: { requests: 0, cost: 10 },
    retryAfterMs: null,
  });
});

test('a store that gateways share counts before the process does', async () => {
  const shared = createMemoryRates({ limits: LIMITS, clock: createManualClock() });
  const { local, compose } = setUp(createConfig(LIMITS), shared);
  const rates = await compose(local);
  await rates.take('a', 'requests', 1);
  assert.equal(shared.callerCount, 1);
  assert.equal(local.callerCount, 0);
});

test('no store is asked where callers are not identified, or nothing is limited', async () => {
  for (const config of [createConfig(LIMITS, 'none'), createConfig({ requests: 0, cost: 0 })]) {
    const { opened, local, compose } = setUp(config, null);
    await compose(local);
    assert.deepEqual(opened, []);
  }
  const { opened, local, compose } = setUp(createConfig({ requests: 0, cost: 1 }), null);
  await compose(local);
  assert.deepEqual(opened, [{ requests: 0, cost: 1 }]);
});
