import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayError } from '../../../src/core/errors.ts';
import { createRecordedBudget } from '../../../src/defender/call-budget.ts';
import { type ApiEndpoint, createCallLedger } from '../../../src/defender/call-ledger.ts';
import type { CallRecords } from '../../../src/defender/call-records.ts';
import { createMemoryRecords, createTestBudget } from '../../support/call-records.ts';
import { neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A process after the other over the same records. */
function createScene() {
  const clock = createManualClock(0);
  const records = createMemoryRecords(clock.now);
  const log = createRecordingLogger();
  const failures: GatewayError[] = [];
  const start = () => {
    const ledger = createCallLedger({ clock });
    const budget = createRecordedBudget({
      ledger,
      records,
      clock,
      log,
      onStoreFailure: (failure) => failures.push(failure),
    });
    const acquire = (endpoint: ApiEndpoint = 'EXPORT') => budget.acquire(endpoint, neverAborted());
    return { ...budget, ledger, acquire, refusal: () => rejectionOf(acquire()) };
  };
  return { clock, records, log, failures, start };
}

describe('the budget of calls', () => {
  it('says what is spent and until when', async () => {
    const limits = { EXPORT: { perMinute: 1, perHour: 20 }, PAGED: { perMinute: 1, perHour: 1 } };
    const budget = createTestBudget(createManualClock(0), { limits });
    await budget.acquire('EXPORT', neverAborted());
    const error = await rejectionOf(budget.acquire('EXPORT', neverAborted()));
    assert.deepEqual([error.code, error.retryAtMs, error.retryable], ['UPSTREAM_BUDGET_SPENT', MINUTE, true]);
    assert.equal(
      error.message,
      'The call budget of the export endpoint is spent; the next call is allowed at 1970-01-01T00:01:00.000Z.',
    );
    await budget.noteThrottled('PAGED', 5_000);
    const throttled = await rejectionOf(budget.acquire('PAGED', neverAborted()));
    assert.deepEqual([throttled.code, throttled.retryAtMs], ['UPSTREAM_BUDGET_SPENT', 5_000]);
    assert.equal(
      throttled.message,
      'Defender has asked this application to stay away from the paged endpoint; the next call is allowed at 1970-01-01T00:00:05.000Z.',
    );
  });

  it('records a call before it grants it', async () => {
    const { records, start } = createScene();
    await start().acquire();
    assert.deepEqual(records.calls.EXPORT, [0]);
  });

  it('holds over one restart after the other', async () => {
    const { clock, start } = createScene();
    for (let call = 0; call < 5; call += 1) {
      await start().acquire();
      await clock.advance(SECOND);
    }
    for (let restart = 0; restart < 12; restart += 1)
      assert.equal((await start().refusal()).retryAtMs, MINUTE);
    await clock.advance(55 * SECOND);
    await start().acquire();
  });

  it('shows at its start what earlier processes have used, and whether Defender throttles', async () => {
    const { clock, start } = createScene();
    const first = start();
    await first.acquire();
    await first.noteThrottled('EXPORT', 10 * MINUTE);
    await clock.advance(MINUTE);
    const second = start();
    assert.equal(second.ledger.state('EXPORT').remainingThisHour, 20);
    await second.synchronize();
    assert.equal(second.ledger.state('EXPORT').remainingThisHour, 19);
    assert.deepEqual(second.ledger.findBlock('EXPORT'), { retryAtMs: 10 * MINUTE, isThrottled: true });
    assert.equal((await second.refusal()).retryAtMs, 10 * MINUTE);
  });

  it('obeys a 429 that another process was given, from the next question on', async () => {
    const { start } = createScene();
    const [one, other] = [start(), start()];
    await one.noteThrottled('EXPORT', MINUTE);
    assert.equal(other.ledger.findBlock('EXPORT'), undefined);
    assert.equal((await other.refusal()).retryAtMs, MINUTE);
    assert.deepEqual(other.ledger.findBlock('EXPORT'), { retryAtMs: MINUTE, isThrottled: true });
  });

  it('gives records that were emptied back what this process knows', async () => {
    const { clock, records, start } = createScene();
    const running = start();
    for (let call = 0; call < 4; call += 1) await running.acquire();
    records.flush();
    await clock.advance(SECOND);
    await running.acquire();
    assert.deepEqual(records.calls.EXPORT, [0, 0, 0, 0, SECOND]);
    assert.equal((await start().refusal()).retryAtMs, MINUTE);
  });

  it('remembers its own calls exactly, where the records are off by a little', async () => {
    const clock = createManualClock(0);
    const ledger = createCallLedger({ clock });
    ledger.count('EXPORT');
    await clock.advance(300);
    const records: CallRecords = {
      record: async () => ({ granted: true, agesMs: [800, 0], throttledForMs: 0 }),
      merge: async () => ({ agesMs: [800, 0], throttledForMs: 0 }),
    };
    await createTestBudget(clock, { ledger, records }).acquire('EXPORT', neverAborted());
    assert.deepEqual(ledger.known('EXPORT').agesMs, [300, 0]);
  });

  it('deals out the last call once, to whoever asks first', async () => {
    const { start } = createScene();
    const running = start();
    for (let call = 0; call < 4; call += 1) await running.acquire();
    const outcomes = await Promise.allSettled([running.acquire(), running.acquire(), running.acquire()]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
  });

  it('records nothing for a run that was cancelled before its turn', async () => {
    const clock = createManualClock(0);
    const records = createMemoryRecords(clock.now);
    const reason = new Error('stopped');
    const budget = createTestBudget(clock, { records });
    await assert.rejects(budget.acquire('EXPORT', AbortSignal.abort(reason)), reason);
    assert.deepEqual(records.calls.EXPORT, []);
  });
});

describe('the budget of calls that cannot be recorded', () => {
  it('lets the first one wait for three minutes from the start of the process on, and says why', async () => {
    const { clock, records, start } = createScene();
    records.isBroken = true;
    const running = start();
    const { code, retryable, retryAtMs, message } = await running.refusal();
    assert.deepEqual([code, retryable, retryAtMs], ['UPSTREAM_BUDGET_SPENT', true, 3 * MINUTE]);
    assert.equal(
      message,
      'A call of the export endpoint must be recorded in the store before it is made, and cannot be; unrecorded ones are made rarely, since a restart forgets them. The next is allowed at 1970-01-01T00:03:00.000Z, recorded ones at once. The store is away.',
    );
    await clock.advance(3 * MINUTE - 1);
    assert.equal((await running.refusal()).retryAtMs, 3 * MINUTE);
    await clock.advance(1);
    await running.acquire();
    assert.equal((await running.refusal()).retryAtMs, 6 * MINUTE);
  });

  it('makes none in a process that is restarted sooner', async () => {
    const { clock, records, start } = createScene();
    records.isBroken = true;
    for (let restart = 0; restart < 100; restart += 1) {
      await start().refusal();
      await clock.advance(2 * MINUTE);
    }
    assert.deepEqual(records.calls.EXPORT, []);
  });

  it('lets pages wait for an hour’s share of theirs', async () => {
    const { records, start } = createScene();
    records.isBroken = true;
    const refusal = await rejectionOf(start().acquire('PAGED'));
    assert.equal(refusal.retryAtMs, 3_600);
  });

  it('counts them in this process, and records them once that works again', async () => {
    const { clock, records, start } = createScene();
    const running = start();
    await running.acquire();
    records.isBroken = true;
    await clock.advance(3 * MINUTE);
    await running.acquire();
    assert.equal(running.ledger.state('EXPORT').remainingThisHour, 18);
    records.isBroken = false;
    await clock.advance(SECOND);
    await running.acquire();
    assert.deepEqual(records.calls.EXPORT, [0, 3 * MINUTE, 3 * MINUTE + SECOND]);
  });

  it('keeps to a 429 all the same', async () => {
    const { clock, records, start } = createScene();
    records.isBroken = true;
    const running = start();
    await running.noteThrottled('EXPORT', HOUR);
    await clock.advance(10 * MINUTE);
    assert.equal((await running.refusal()).retryAtMs, HOUR);
  });

  it('takes one whose answer was lost for not recorded: it is counted, and not made', async () => {
    const { records, start } = createScene();
    records.losesAnswers = true;
    await start().refusal();
    assert.deepEqual(records.calls.EXPORT, [0]);
  });

  it('is not locked out by a clock that was set back', async () => {
    let nowMs = 10 * HOUR;
    const clock = { now: () => nowMs, sleep: async () => {} };
    const records = createMemoryRecords(() => 0);
    records.isBroken = true;
    const budget = createTestBudget(clock, { records });
    nowMs = 0;
    assert.equal((await rejectionOf(budget.acquire('EXPORT', neverAborted()))).retryAtMs, 3 * MINUTE);
    nowMs = 3 * MINUTE;
    await budget.acquire('EXPORT', neverAborted());
  });

  it('is logged when it begins and when it ends, and counted each time', async () => {
    const { clock, records, log, failures, start } = createScene();
    const running = start();
    records.isBroken = true;
    await running.refusal();
    await running.synchronize();
    await running.noteThrottled('PAGED', MINUTE);
    records.isBroken = false;
    await clock.advance(SECOND);
    await running.acquire();
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields.event, fields.code]),
      [
        ['warn', 'call_records_lost', 'STORE_UNAVAILABLE'],
        ['info', 'call_records_back', undefined],
      ],
    );
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    );
  });
});
