import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APPROVAL_INTERVAL_MS, composeApprovalWatch } from '../../src/compose-approvals.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';

function setUp() {
  const state: { approval: string | undefined; error: Error | undefined; isIdle: boolean } = {
    approval: undefined,
    error: undefined,
    isIdle: true,
  };
  const counts = { looks: 0, runs: 0 };
  const clock = createManualClock();
  const log = createRecordingLogger();
  const watch = composeApprovalWatch({
    repository: {
      findApproved: async () => {
        counts.looks += 1;
        if (state.error !== undefined) throw state.error;
        return state.approval;
      },
    },
    refresher: {
      runNow: () => {
        if (state.isIdle) counts.runs += 1;
        return state.isIdle;
      },
    },
    findServed: () => null,
    clock,
    log,
  });
  return { state, counts, clock, log, watch };
}

test('looks at once and then each minute, and runs nothing while nothing is approved', async () => {
  const { counts, clock, watch } = setUp();
  watch.start();
  await clock.advance(3 * APPROVAL_INTERVAL_MS);
  assert.deepEqual(counts, { looks: 4, runs: 0 });
  await watch[Symbol.asyncDispose]();
  await clock.advance(APPROVAL_INTERVAL_MS);
  assert.equal(counts.looks, 4);
  assert.equal(clock.pendingCount, 0);
});

test('runs once for each approval, whatever became of the run', async () => {
  const { state, counts, clock, watch } = setUp();
  await using _ = watch;
  watch.start();
  state.approval = 'first';
  await clock.advance(5 * APPROVAL_INTERVAL_MS);
  assert.equal(counts.runs, 1);
  state.approval = 'again';
  await clock.advance(5 * APPROVAL_INTERVAL_MS);
  assert.equal(counts.runs, 2);
});

test('comes back when a run is under way', async () => {
  const { state, counts, clock, watch } = setUp();
  await using _ = watch;
  Object.assign(state, { approval: 'first', isIdle: false });
  watch.start();
  await clock.advance(APPROVAL_INTERVAL_MS);
  assert.equal(counts.runs, 0);
  state.isIdle = true;
  await clock.advance(APPROVAL_INTERVAL_MS);
  assert.equal(counts.runs, 1);
});

test('says once that it cannot tell, goes on looking, and says so again after it could', async () => {
  const { state, counts, clock, log, watch } = setUp();
  await using _ = watch;
  state.error = new GatewayError('STORE_UNAVAILABLE', 'Away.');
  watch.start();
  await clock.advance(3 * APPROVAL_INTERVAL_MS);
  assert.equal(log.messages.length, 1);
  Object.assign(state, { error: undefined, approval: 'first' });
  await clock.advance(APPROVAL_INTERVAL_MS);
  assert.equal(counts.runs, 1);
  state.error = new Error('gone');
  await clock.advance(APPROVAL_INTERVAL_MS);
  assert.equal(log.messages.length, 2);
});
