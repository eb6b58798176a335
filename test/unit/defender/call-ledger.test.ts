import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ApiEndpoint,
  type CallLedger,
  createCallLedger,
  DEFENDER_CALL_LIMITS,
} from '../../../src/defender/call-ledger.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Counts a call if one is allowed. */
function tryAcquire(
  ledger: CallLedger,
  endpoint: ApiEndpoint,
): { granted: true } | { granted: false; retryAtMs: number } {
  const block = ledger.findBlock(endpoint);
  if (block !== undefined) return { granted: false, retryAtMs: block.retryAtMs };
  ledger.count(endpoint);
  return { granted: true };
}

describe('call ledger', () => {
  it('grants five export calls a minute, and says when the next is due', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    for (let call = 0; call < 5; call += 1) {
      assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: true });
      await clock.advance(1_000);
    }
    assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: false, retryAtMs: MINUTE });
    await clock.advance(MINUTE - 5_000);
    assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: true });
    assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: false, retryAtMs: MINUTE + 1_000 });
  });

  it('grants twenty export calls an hour', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    for (let call = 0; call < 20; call += 1) {
      assert.equal(tryAcquire(ledger, 'EXPORT').granted, true);
      await clock.advance(MINUTE);
    }
    assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: false, retryAtMs: HOUR });
  });

  it('counts the two endpoints apart', () => {
    const ledger = createCallLedger({ clock: createManualClock(0) });
    for (let call = 0; call < 5; call += 1) tryAcquire(ledger, 'EXPORT');
    assert.equal(tryAcquire(ledger, 'EXPORT').granted, false);
    assert.equal(tryAcquire(ledger, 'PAGED').granted, true);
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
    tryAcquire(ledger, 'EXPORT');
    await clock.advance(10_000);
    tryAcquire(ledger, 'EXPORT');
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
    assert.deepEqual(tryAcquire(ledger, 'PAGED'), { granted: false, retryAtMs: 90_000 });
    assert.equal(ledger.state('PAGED').remainingThisMinute, 0);
    assert.equal(ledger.state('PAGED').resetsAtMs, 90_000);
    assert.equal(tryAcquire(ledger, 'EXPORT').granted, true);
    await clock.advance(90_000);
    assert.equal(tryAcquire(ledger, 'PAGED').granted, true);
  });

  it('tells a spent budget from a throttled endpoint', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    assert.equal(ledger.findBlock('EXPORT'), undefined);
    for (let call = 0; call < 5; call += 1) tryAcquire(ledger, 'EXPORT');
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: MINUTE, isThrottled: false });
    ledger.noteThrottled('EXPORT', 2 * MINUTE);
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: 2 * MINUTE, isThrottled: true });
    await clock.advance(2 * MINUTE);
    assert.equal(ledger.findBlock('EXPORT'), undefined);
  });

  it('does not lock calls out when the clock was set back', () => {
    let nowMs = 10 * HOUR;
    const ledger = createCallLedger({ clock: { now: () => nowMs, sleep: async () => {} } });
    for (let call = 0; call < 5; call += 1) tryAcquire(ledger, 'EXPORT');
    nowMs = 0;
    assert.deepEqual(tryAcquire(ledger, 'EXPORT'), { granted: false, retryAtMs: MINUTE });
  });

  it('keeps to the wait that was asked for when the clock was set back, not to its instant', () => {
    let nowMs = 10 * HOUR;
    const ledger = createCallLedger({ clock: { now: () => nowMs, sleep: async () => {} } });
    ledger.noteThrottled('EXPORT', nowMs + MINUTE);
    nowMs = 0;
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: MINUTE, isThrottled: true });
    nowMs = MINUTE;
    assert.equal(ledger.findBlock('EXPORT'), undefined);
  });

  it('tells what it knows as ages, and learns what others know', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    ledger.count('EXPORT');
    await clock.advance(10_000);
    ledger.count('EXPORT');
    await clock.advance(1_000);
    assert.deepEqual(ledger.known('EXPORT'), { agesMs: [11_000, 1_000], throttledForMs: 0 });
    ledger.adopt('EXPORT', { agesMs: [20_000, 11_000, 5_000, 1_000], throttledForMs: 90_000 });
    assert.deepEqual(ledger.known('EXPORT'), {
      agesMs: [20_000, 11_000, 5_000, 1_000],
      throttledForMs: 90_000,
    });
    assert.equal(ledger.state('EXPORT').remainingThisHour, 16);
    assert.deepEqual(ledger.findBlock('EXPORT'), { retryAtMs: 101_000, isThrottled: true });
    assert.deepEqual(ledger.known('PAGED'), { agesMs: [], throttledForMs: 0 });
  });

  it('forgets nothing of its own when it is told of less', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    for (let call = 0; call < 3; call += 1) {
      ledger.count('EXPORT');
      await clock.advance(1_000);
    }
    ledger.noteThrottled('EXPORT', 60_000);
    ledger.adopt('EXPORT', { agesMs: [], throttledForMs: 0 });
    ledger.adopt('EXPORT', { agesMs: [500], throttledForMs: 0 });
    assert.deepEqual(ledger.known('EXPORT'), { agesMs: [3_000, 2_000, 500], throttledForMs: 57_000 });
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
          const answer = tryAcquire(ledger, 'EXPORT');
          if (!answer.granted) {
            assert.ok(answer.retryAtMs > nowMs);
            nowMs = answer.retryAtMs;
            assert.equal(tryAcquire(ledger, 'EXPORT').granted, true);
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
