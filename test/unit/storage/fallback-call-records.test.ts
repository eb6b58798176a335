import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { CallRecordStore, KnownCalls } from '../../../src/storage/call-records.ts';
import { createDiskCallRecords } from '../../../src/storage/disk-call-records.ts';
import { createFallbackCallRecords } from '../../../src/storage/fallback-call-records.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const NOTHING: KnownCalls = { agesMs: [], throttledForMs: 0 };
const WINDOWS = { perMinute: 2, perHour: 10 };

/** Records on disk that can be made to fail. */
function createBreakable(records: CallRecordStore, message: string) {
  const breakable = { isBroken: false };
  const whenWhole = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
    breakable.isBroken
      ? Promise.reject(new GatewayError('STORE_UNAVAILABLE', message, { retryable: true }))
      : ask();
  const store: CallRecordStore = {
    record: (...asked) => whenWhole(() => records.record(...asked)),
    merge: (...asked) => whenWhole(() => records.merge(...asked)),
  };
  return { breakable, store };
}

test('records elsewhere while it must, in the same windows, and comes back', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const open = () => createDiskCallRecords({ folder: createTemporaryFolder(t), clock });
  const first = createBreakable(open(), 'The first is away.');
  const second = createBreakable(open(), 'The second is away.');
  const log = createRecordingLogger();
  const records = createFallbackCallRecords({ first: first.store, second: second.store, log });
  const record = async (known = NOTHING) => {
    const { granted, agesMs } = await records.record('EXPORT', known, WINDOWS);
    return [granted, agesMs.length];
  };

  assert.deepEqual(await record(), [true, 1]);
  assert.deepEqual(log.messages, []);
  first.breakable.isBroken = true;
  // Whoever calls knows of the first call, and tells.
  assert.deepEqual(await record({ agesMs: [0], throttledForMs: 0 }), [true, 2]);
  assert.deepEqual(await record(), [false, 2]);
  assert.deepEqual((await records.merge('EXPORT', NOTHING)).agesMs, [0, 0]);
  assert.equal(log.messages.length, 1, 'said once');
  assert.equal(log.lines[0]?.fields.reason, 'The first is away.');

  second.breakable.isBroken = true;
  await assert.rejects(records.merge('EXPORT', NOTHING), { message: 'The first is away.' });
  first.breakable.isBroken = false;
  assert.deepEqual(await record({ agesMs: [0, 0], throttledForMs: 0 }), [false, 2]);
  first.breakable.isBroken = true;
  second.breakable.isBroken = false;
  assert.deepEqual(await record(), [false, 2]);
  assert.equal(log.messages.length, 2, 'said again when it begins again');
});

test('tells the first what an earlier process has recorded in the second', async (t) => {
  const clock = createManualClock(Date.UTC(2026, 0, 1));
  const stores = [createTemporaryFolder(t), createTemporaryFolder(t)].map((folder) =>
    createDiskCallRecords({ folder, clock }),
  );
  const [first, second] = [stores[0]!, stores[1]!];
  await second.record('EXPORT', NOTHING, WINDOWS);
  const records = createFallbackCallRecords({ first, second, log: createRecordingLogger() });
  assert.equal((await records.record('EXPORT', NOTHING, WINDOWS)).granted, true);
  assert.equal((await records.record('EXPORT', NOTHING, WINDOWS)).granted, false);
  assert.equal((await first.merge('EXPORT', NOTHING)).agesMs.length, 2);
});
