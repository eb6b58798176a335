import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../src/core/errors.ts';
import { createRetryPolicy, isInterruption } from '../../../src/defender/retry.ts';
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

  it('gives faults of the way and faults of the content tries of their own', async () => {
    const { policy } = createFixture();
    const session = policy.begin();
    const fail = (code: ErrorCode) =>
      session.pause(new GatewayError(code, 'It failed.', { retryable: true }), neverAborted());
    for (const code of ['UPSTREAM_TIMEOUT', 'UPSTREAM_CONNECTION_LOST', 'UPSTREAM_UNAVAILABLE'] as const)
      await fail(code);
    for (let tries = 0; tries < 2; tries += 1) await fail('UPSTREAM_FILE_CORRUPT');
    await assert.rejects(fail('UPSTREAM_UNREACHABLE'), { code: 'UPSTREAM_UNREACHABLE' });
    await assert.rejects(fail('UPSTREAM_INVALID_RESPONSE'), { code: 'UPSTREAM_INVALID_RESPONSE' });
    await fail('UPSTREAM_FILE_NOT_READY');
  });

  it('gives faults of the way, and no others, their tries anew after progress, a hundred times', async () => {
    const { policy, clock } = createFixture({ random: () => 0 });
    const session = policy.begin();
    const fail = (code: ErrorCode) =>
      session.pause(new GatewayError(code, 'It failed.', { retryable: true }), neverAborted());
    for (let turn = 0; turn < 100; turn += 1) {
      session.noteProgress();
      for (let tries = 0; tries < 3; tries += 1) await fail('UPSTREAM_CONNECTION_LOST');
    }
    session.noteProgress();
    await assert.rejects(fail('UPSTREAM_CONNECTION_LOST'));
    assert.equal(clock.now(), 1_000);
    const other = policy.begin();
    const tear = () =>
      other.pause(new GatewayError('UPSTREAM_FILE_CORRUPT', 'Torn.', { retryable: true }), neverAborted());
    await tear();
    await tear();
    other.noteProgress();
    await assert.rejects(tear());
  });

  it('polls for a copy after one second, then after twice as long up to ten, warning once', async () => {
    const { policy, log, clock } = createFixture();
    const session = policy.begin();
    for (let polls = 0; polls < 7; polls += 1)
      await session.pause(
        new GatewayError('UPSTREAM_FILE_NOT_READY', 'Copying.', { retryable: true }),
        neverAborted(),
      );
    assert.equal(clock.now(), 1_000 + 1_000 + 2_000 + 4_000 + 8_000 + 3 * 10_000);
    assert.deepEqual(
      log.lines.map(({ level }) => level),
      ['warn', 'debug', 'debug', 'debug', 'debug', 'debug', 'debug'],
    );
  });

  it('waits for an address to become valid, twice and no longer than five minutes', async () => {
    const { policy, clock } = createFixture({ random: () => 0 });
    const early = failing('UPSTREAM_FILE_FORBIDDEN', { retryAtMs: 301_000 });
    await rejectionOf(policy.run(early.attempt, neverAborted()));
    assert.deepEqual([early.tries, clock.now()], [3, 301_000]);
    const tooEarly = failing('UPSTREAM_FILE_FORBIDDEN', { retryAtMs: 301_000 + 300_001 });
    await rejectionOf(policy.run(tooEarly.attempt, neverAborted()));
    assert.equal(tooEarly.tries, 1);
  });

  it('tells of every retry before it waits', async () => {
    const clock = createManualClock(0, { autoAdvance: true });
    const told: unknown[] = [];
    const policy = createRetryPolicy({
      clock,
      random: () => 0.5,
      log: createRecordingLogger(),
      onRetry: (retry) => told.push([retry, clock.now()]),
    });
    await rejectionOf(policy.run(failing('UPSTREAM_INVALID_RESPONSE').attempt, neverAborted()));
    assert.deepEqual(told, [
      [{ code: 'UPSTREAM_INVALID_RESPONSE', delayMs: 500 }, 0],
      [{ code: 'UPSTREAM_INVALID_RESPONSE', delayMs: 1_000 }, 500],
    ]);
  });

  it('tells interruptions from what came being wrong', () => {
    const isOne = (code: ErrorCode) => isInterruption(new GatewayError(code, 'It failed.'));
    assert.deepEqual(
      [isOne('UPSTREAM_TIMEOUT'), isOne('UPSTREAM_FILE_CORRUPT'), isInterruption(new Error('x'))],
      [true, false, false],
    );
  });

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
