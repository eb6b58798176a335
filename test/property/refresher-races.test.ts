import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../src/core/clock.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { MINUTE_MS } from '../../src/core/units.ts';
import type { RefreshResult } from '../../src/refresh/refresh-job.ts';
import { createRefresher } from '../../src/refresh/refresher.ts';
import { createBuiltResult } from '../support/refresh-fixtures.ts';

type Ending = 'built' | 'unchanged' | 'failed';

/** Wakes in whatever order the scheduler likes; each sleep takes no time but a turn. */
function createScheduledClock(scheduler: fc.Scheduler): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (durationMs, signal) => {
      await scheduler.schedule(Promise.resolve(), `sleep ${durationMs}`);
      signal?.throwIfAborted();
      nowMs += durationMs;
    },
  };
}

test('keeps its promises in every interleaving of timers, requests, endings and a stop', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.constantFrom<Ending>('built', 'unchanged', 'failed'), { minLength: 1, maxLength: 8 }),
      fc.nat(8),
      fc.boolean(),
      fc.nat(40),
      async (scheduler, endings, requestCount, obeysAbort, taskCount) => {
        const clock = createScheduledClock(scheduler);
        const published: number[] = [];
        const dropped: number[] = [];
        let runningCount = 0;
        let runCount = 0;
        let isStopped = false;

        const refresher = createRefresher({
          clock,
          random: () => 0.5,
          settings: { intervalMs: MINUTE_MS, cooldownMs: 0, jitter: 0.1 },
          initial: null,
          budgets: () => [],
          findBudgetLimit: () => undefined,
          events: {
            onStarted: () => assert.equal(isStopped, false, 'nothing starts after a stop'),
            onFinished() {},
            onDropped: (_runId, result) =>
              result.outcome === 'BUILT' && dropped.push(result.snapshot.manifest.revision),
          },
          publish: ({ manifest }) => {
            assert.equal(isStopped, false, 'nothing is published after a stop');
            assert.ok(manifest.revision > (published.at(-1) ?? 0), 'revisions only rise');
            published.push(manifest.revision);
          },
          job: {
            async run({ previous, signal }): Promise<RefreshResult> {
              runningCount += 1;
              assert.equal(runningCount, 1, 'one run at a time');
              const ending = endings[runCount++ % endings.length]!;
              await scheduler.schedule(Promise.resolve(), `job ${runCount} ${ending}`);
              runningCount -= 1;
              if (obeysAbort) signal.throwIfAborted();
              if (ending === 'unchanged')
                return { outcome: 'UNCHANGED', source: 'EXPORT', generatedAtMs: null };
              if (ending === 'failed')
                throw new GatewayError('UPSTREAM_TIMEOUT', 'Slow.', { retryable: true });
              return createBuiltResult({ revision: (previous?.revision ?? 0) + 1 });
            },
          },
        });

        refresher.start();
        const requests = scheduler.scheduleSequence(
          Array.from({ length: requestCount }, (_, index) => async () => {
            const before = refresher.status().phase;
            const { kind } = refresher.requestRefresh();
            assert.equal(kind, before === 'IDLE' ? 'started' : 'alreadyRunning', `request ${index}`);
          }),
        );
        await drain(scheduler, taskCount);
        assert.equal(requests.faulty, false);
        isStopped = true;
        const stopped = refresher.stop();
        await drain(scheduler, 100);
        await stopped;

        assert.equal(runningCount, 0, 'the job has let go');
        assert.equal(refresher.status().phase, 'IDLE');
        assert.equal(refresher.status().nextRunAtMs, null);
        assert.equal(published.length + dropped.length <= runCount, true);
      },
    ),
    { numRuns: 300 },
  );
});

/** Lets at most so many scheduled tasks go, in the scheduler's order. */
async function drain(scheduler: fc.Scheduler, taskCount: number): Promise<void> {
  for (let done = 0; done < taskCount && scheduler.count() > 0; done += 1) await scheduler.waitOne();
}
