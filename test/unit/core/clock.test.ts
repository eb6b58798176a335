import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../src/core/clock.ts';

const NOW_MS = Date.UTC(2026, 0, 15);
const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

describe('the system clock', () => {
  it('tells the time of the machine', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: NOW_MS });
    assert.equal(systemClock.now(), NOW_MS);
  });

  it('sleeps no shorter and no longer than asked', async (t) => {
    const slept = startSleep(t, 1_000);
    await tick(t, 999);
    assert.equal(slept.isOver, false);
    await tick(t, 1);
    assert.equal(slept.isOver, true);
  });

  it('sleeps through waits that no single timer can hold', async (t) => {
    const slept = startSleep(t, 60 * DAY_MS);
    for (const stretchMs of [LONGEST_TIMER_MS, LONGEST_TIMER_MS, 60 * DAY_MS - 2 * LONGEST_TIMER_MS - 1]) {
      await tick(t, stretchMs);
      assert.equal(slept.isOver, false);
    }
    await tick(t, 1);
    assert.equal(slept.isOver, true);
  });

  it('never asks a timer for more than it can hold: such a timer fires at once', async (t) => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    t.after(() => process.off('warning', onWarning));
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60 * DAY_MS, stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    await assert.rejects(sleeping, { name: 'AbortError' });
    assert.deepEqual(warnings, []);
  });

  it('takes a time in the past for no wait', async (t) => {
    const slept = startSleep(t, -5);
    await tick(t, 1);
    assert.equal(slept.isOver, true);
  });

  it('wakes with the reason of the signal, at once', async () => {
    const reason = new Error('stopping');
    const stop = new AbortController();
    const sleeping = systemClock.sleep(DAY_MS, stop.signal);
    stop.abort(reason);
    await assert.rejects(sleeping, reason);
    await assert.rejects(systemClock.sleep(DAY_MS, AbortSignal.abort(reason)), reason);
  });
});

function startSleep(t: TestContext, durationMs: number): { isOver: boolean } {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  // Named imports of a built-in module see what was mocked only after this.
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.timers.reset();
    syncBuiltinESMExports();
  });
  const slept = { isOver: false };
  void systemClock.sleep(durationMs).then(() => {
    slept.isOver = true;
  });
  return slept;
}

/** Moves time, and lets what became due run. */
async function tick(t: TestContext, durationMs: number): Promise<void> {
  t.mock.timers.tick(durationMs);
  await new Promise(setImmediate);
}
