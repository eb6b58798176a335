import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../src/core/errors.ts';
import { createRetryPolicy } from '../../../src/defender/retry.ts';
import { neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

function createFixture(options: { random?: () => number; maximumRetries?: number } = {}) {
  const clock = createManualClock(1_000, { autoAdvance: true });
  const log = createRecordingLogger();
  return {
    clock,
    log,
    policy: createRetryPolicy({ clock, log, random: options.random ?? (() => 0.999_999), ...options }),
  };
}

function failing(code: ErrorCode, options: { retryable?: boolean; retryAtMs?: number } = {}) {
  let tries = 0;
  return {
    get tries() {
      return tries;
    },
    attempt: async (): Promise<never> => {
      tries += 1;
      throw new GatewayError(code, 'It failed.', { retryable: true, ...options });
    },
  };
}

describe('retry policy', () => {
  it('tries again after failures that may pass, and returns what the last try gives', async () => {
    const { policy, log } = createFixture();
    const { attempt } = failing('UPSTREAM_UNAVAILABLE');
    let tries = 0;
    const result = await policy.run(async () => {
      tries += 1;
      return tries < 3 ? attempt() : 'done';
    }, neverAborted());
    assert.deepEqual([result, tries], ['done', 3]);
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [
        { code: 'UPSTREAM_UNAVAILABLE', reason: 'It failed.', retry: 1, delayMs: 999 },
        { code: 'UPSTREAM_UNAVAILABLE', reason: 'It failed.', retry: 2, delayMs: 1_999 },
      ],
    );
  });

  it('doubles the ceiling of the random wait up to its cap', async () => {
    const { policy, clock } = createFixture({ random: () => 0.5 });
    const { attempt } = failing('UPSTREAM_TIMEOUT');
    await rejectionOf(policy.run(attempt, neverAborted()));
    assert.equal(clock.now(), 1_000 + 500 + 1_000 + 2_000);
    const capped = createRetryPolicy({
      clock,
      log: createRecordingLogger(),
      random: () => 1,
      baseDelayMs: 50_000,
      maximumDelayMs: 60_000,
      maximumRetries: 2,
    });
    const before = clock.now();
    await rejectionOf(capped.run(attempt, neverAborted()));
    assert.equal(clock.now() - before, 110_000);
  });

  for (const [code, tries] of [
    ['UPSTREAM_UNAVAILABLE', 4],
    ['UPSTREAM_TIMEOUT', 4],
    ['UPSTREAM_CONNECTION_LOST', 4],
    ['UPSTREAM_UNREACHABLE', 4],
    ['UPSTREAM_FILE_CORRUPT', 3],
    ['UPSTREAM_INVALID_RESPONSE', 3],
    ['UPSTREAM_RATE_LIMITED', 1],
    ['UPSTREAM_BUDGET_SPENT', 1],
    ['UPSTREAM_FILE_FORBIDDEN', 1],
    ['UPSTREAM_UNAUTHORIZED', 1],
  ] as const) {
    it(`tries ${tries === 1 ? 'once' : `${tries} times`} on ${code}, then throws it`, async () => {
      const fault = failing(code);
      const error = await rejectionOf(createFixture().policy.run(fault.attempt, neverAborted()));
      assert.deepEqual([error.code, fault.tries], [code, tries]);
    });
  }

  it('does not retry what is marked as final, what is not ours, or with retries off', async () => {
    const final = failing('UPSTREAM_UNREACHABLE', { retryable: false });
    await rejectionOf(createFixture().policy.run(final.attempt, neverAborted()));
    const off = failing('UPSTREAM_UNAVAILABLE');
    await rejectionOf(createFixture({ maximumRetries: 0 }).policy.run(off.attempt, neverAborted()));
    const foreign = await rejectionOf(
      createFixture().policy.run(() => Promise.reject(new TypeError('mistake')), neverAborted()),
    );
    assert.deepEqual([final.tries, off.tries, foreign.name], [1, 1, 'TypeError']);
  });

  it('does not multiply: what one session has given up on, another one inside of the same policy leaves', async () => {
    const { policy, clock } = createFixture({ random: () => 0.5 });
    const inner = failing('UPSTREAM_UNREACHABLE');
    const error = await rejectionOf(
      policy.run(() => policy.run(inner.attempt, neverAborted()), neverAborted()),
    );
    assert.deepEqual([error.code, inner.tries], ['UPSTREAM_UNREACHABLE', 4]);
    assert.equal(clock.now(), 1_000 + 500 + 1_000 + 2_000);
    const other = failing('UPSTREAM_UNREACHABLE');
    await rejectionOf(policy.run(other.attempt, neverAborted()));
    assert.equal(other.tries, 4);
  });

  it('waits as long as it is asked to, unless that is longer than it ever waits', async () => {
    const { policy, clock } = createFixture({ random: () => 0, maximumRetries: 1 });
    await rejectionOf(
      policy.run(failing('UPSTREAM_UNAVAILABLE', { retryAtMs: 31_000 }).attempt, neverAborted()),
    );
    assert.equal(clock.now(), 31_000);
    const tooLong = failing('UPSTREAM_UNAVAILABLE', { retryAtMs: 31_000 + 60_001 });
    await rejectionOf(policy.run(tooLong.attempt, neverAborted()));
    assert.equal(tooLong.tries, 1);
  });

  it('ends with the signal: at once when it is aborted, and out of a wait', async () => {
    const stopped = new AbortController();
    const clock = createManualClock();
    const policy = createRetryPolicy({ clock, log: createRecordingLogger(), random: () => 1 });
    const running = rejectionOf(policy.run(failing('UPSTREAM_TIMEOUT').attempt, stopped.signal));
    await clock.advance(0);
    assert.equal(clock.pendingCount, 1);
    stopped.abort(new Error('stopped'));
    assert.equal((await running).message, 'stopped');
    assert.equal(
      (await rejectionOf(policy.run(failing('UPSTREAM_TIMEOUT').attempt, stopped.signal))).message,
      'stopped',
    );
  });
});
