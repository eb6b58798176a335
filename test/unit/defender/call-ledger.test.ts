import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLedgerBudget } from '../../../src/defender/call-budget.ts';
import { createCallLedger, DEFENDER_CALL_LIMITS } from '../../../src/defender/call-ledger.ts';
import { neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

describe('call ledger', () => {
  it('grants five export calls a minute, and says when the next is due', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    for (let call = 0; call < 5; call += 1) {
      assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: true });
      await clock.advance(1_000);
    }
    assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: false, retryAtMs: MINUTE });
    await clock.advance(MINUTE - 5_000);
    assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: true });
    assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: false, retryAtMs: MINUTE + 1_000 });
  });

  it('grants twenty export calls an hour', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    for (let call = 0; call < 20; call += 1) {
      assert.equal(ledger.tryAcquire('EXPORT').granted, true);
      await clock.advance(MINUTE);
    }
    assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: false, retryAtMs: HOUR });
  });

  it('counts the two endpoints apart', () => {
    const ledger = createCallLedger({ clock: createManualClock(0) });
    for (let call = 0; call < 5; call += 1) ledger.tryAcquire('EXPORT');
    assert.equal(ledger.tryAcquire('EXPORT').granted, false);
    assert.equal(ledger.tryAcquire('PAGED').granted, true);
  });

  it('shows what is left and when the next call is given back', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    const full = {
      limitPerMinute: 5,
      remainingThisMinute: 5,
      limitPerHour: 20,
      remainingThisHour: 20,
      resetsAtMs: null,
    };
    assert.deepEqual(ledger.state('EXPORT'), full);
    ledger.tryAcquire('EXPORT');
    await clock.advance(10_000);
    ledger.tryAcquire('EXPORT');
    assert.deepEqual(ledger.state('EXPORT'), {
      ...full,
      remainingThisMinute: 3,
      remainingThisHour: 18,
      resetsAtMs: MINUTE,
    });
    await clock.advance(55_000);
    assert.deepEqual(ledger.state('EXPORT'), {
      ...full,
      remainingThisMinute: 4,
      remainingThisHour: 18,
      resetsAtMs: 70_000,
    });
    await clock.advance(MINUTE);
    assert.deepEqual(ledger.state('EXPORT'), { ...full, remainingThisHour: 18, resetsAtMs: HOUR });
    await clock.advance(HOUR);
    assert.deepEqual(ledger.state('EXPORT'), full);
  });

  it('obeys a 429 below the published quota, and only on its endpoint', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    ledger.noteThrottled('PAGED', 90_000);
    ledger.noteThrottled('PAGED', 30_000);
    assert.deepEqual(ledger.tryAcquire('PAGED'), { granted: false, retryAtMs: 90_000 });
    assert.equal(ledger.state('PAGED').remainingThisMinute, 0);
    assert.equal(ledger.state('PAGED').resetsAtMs, 90_000);
    assert.equal(ledger.tryAcquire('EXPORT').granted, true);
    await clock.advance(90_000);
    assert.equal(ledger.tryAcquire('PAGED').granted, true);
  });

  it('tells a spent budget from a throttled endpoint', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    assert.equal(ledger.findBlock('EXPORT'), undefined);
    for (let call = 0; call < 5; call += 1) ledger.tryAcquire('EXPORT');
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: MINUTE, isThrottled: false });
    ledger.noteThrottled('EXPORT', 2 * MINUTE);
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: 2 * MINUTE, isThrottled: true });
    await clock.advance(2 * MINUTE);
    assert.equal(ledger.findBlock('EXPORT'), undefined);
  });

  it('does not lock calls out when the clock was set back', () => {
    let nowMs = 10 * HOUR;
    const ledger = createCallLedger({ clock: { now: () => nowMs, sleep: async () => {} } });
    for (let call = 0; call < 5; call += 1) ledger.tryAcquire('EXPORT');
    nowMs = 0;
    assert.deepEqual(ledger.tryAcquire('EXPORT'), { granted: false, retryAtMs: MINUTE });
  });

  it('never grants more than the limits in any window, and grants at the instant it named', () => {
    const limits = { EXPORT: { perMinute: 3, perHour: 7 }, PAGED: DEFENDER_CALL_LIMITS.PAGED };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 15 * MINUTE }), { maxLength: 60 }), (waits) => {
        let nowMs = 0;
        const ledger = createCallLedger({ clock: { now: () => nowMs, sleep: async () => {} }, limits });
        const granted: number[] = [];
        for (const waitMs of waits) {
          nowMs += waitMs % 7 === 0 ? waitMs : waitMs % 20_000;
          const answer = ledger.tryAcquire('EXPORT');
          if (!answer.granted) {
            assert.ok(answer.retryAtMs > nowMs);
            nowMs = answer.retryAtMs;
            assert.equal(ledger.tryAcquire('EXPORT').granted, true);
          }
          granted.push(nowMs);
        }
        for (const endMs of granted) {
          assert.ok(granted.filter((atMs) => atMs <= endMs && atMs > endMs - MINUTE).length <= 3);
          assert.ok(granted.filter((atMs) => atMs <= endMs && atMs > endMs - HOUR).length <= 7);
        }
      }),
    );
  });
});

describe('budget over a ledger', () => {
  it('throws what is spent and until when', async () => {
    const budget = createLedgerBudget(
      createCallLedger({
        clock: createManualClock(0),
        limits: { EXPORT: { perMinute: 1, perHour: 20 }, PAGED: { perMinute: 1, perHour: 1 } },
      }),
    );
    await budget.acquire('EXPORT', neverAborted());
    const error = await rejectionOf(budget.acquire('EXPORT', neverAborted()));
    assert.deepEqual([error.code, error.retryAtMs, error.retryable], ['UPSTREAM_BUDGET_SPENT', MINUTE, true]);
    assert.equal(
      error.message,
      'The call budget of the export endpoint is spent; the next call is allowed at 1970-01-01T00:01:00.000Z.',
    );
    await budget.noteThrottled('PAGED', 5_000);
    assert.equal((await rejectionOf(budget.acquire('PAGED', neverAborted()))).retryAtMs, 5_000);
  });
});
