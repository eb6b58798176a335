import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import type { RefreshJobRequest } from '../../../src/refresh/refresh-job.ts';
import { createWorkerJob } from '../../../src/refresh/worker-job.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { ENDS_ITSELF, EXHAUSTS_HEAP, NEVER_YIELDS, THROWS_OUTSIDE } from '../../support/refresh-thread.ts';

const THREAD = new URL('../../support/refresh-thread.ts', import.meta.url);

/** A thread that hangs must not hang the tests. */
const BOUNDED = { timeout: 20_000 };

function setUp(context: TestContext, clock: Clock = systemClock) {
  const spawned: Worker[] = [];
  context.after(() => Promise.all(spawned.map((worker) => worker.terminate())));
  const notices = Promise.withResolvers<string>();
  const job = createWorkerJob<string>({
    spawn: () => {
      const worker = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: 32 } });
      spawned.push(worker);
      return worker;
    },
    budget: { acquire: async () => {}, noteThrottled: async () => {} },
    clock,
    onNotice: notices.resolve,
  });
  return { job, spawned, noticed: notices.promise };
}

function request(
  runId: string,
  behaviour: number | null,
  signal = new AbortController().signal,
): RefreshJobRequest {
  const counts = { certificateCount: 1, deviceCount: 1, installationCount: 1 };
  return {
    runId,
    previous: { revision: 4, publishedAtMs: 0, generatedAtMs: behaviour, ...counts },
    signal,
    onProgress() {},
  };
}

test('brings a snapshot from a real thread, which ends with its run', BOUNDED, async (context) => {
  const { job, spawned } = setUp(context);
  await using _ = job;
  for (const runId of ['first', 'second']) {
    const result = await job.run(request(runId, null));
    assert.ok(result.outcome === 'BUILT');
    assert.equal(result.snapshot.manifest.revision, 5);
    assert.equal(new Uint8Array(result.snapshot.segments.get('data')!)[0], 42);
  }
  assert.deepEqual(
    spawned.map(({ threadId }) => threadId),
    [-1, -1],
  );
});

test('fails the run whose thread ends, and gives the next run a new one', BOUNDED, async (context) => {
  const { job, spawned } = setUp(context);
  await using _ = job;
  await assert.rejects(job.run(request('dies', ENDS_ITSELF)), {
    code: 'INTERNAL_SERVER_ERROR',
    retryable: true,
    message:
      'The refresh thread ended in the middle of a refresh: exit code 3. The served snapshot stays, and the refresh is ' +
      'tried again in a new thread. If this goes on, see the log for the cause.',
  });
  assert.equal((await job.run(request('lives', null))).outcome, 'BUILT');
  assert.equal(spawned.length, 2);
});

test('names what was thrown in the thread, without its secrets', BOUNDED, async (context) => {
  const { job } = setUp(context);
  await using _ = job;
  await assert.rejects(job.run(request('dies', THROWS_OUTSIDE)), (error: Error) => {
    assert.match(
      error.message,
      /in the middle of a refresh: Error: https:\/\/blob\.example\/part\?\[redacted\]/,
    );
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test('fails the run whose thread runs out of memory, and lives on', BOUNDED, async (context) => {
  const { job, spawned } = setUp(context);
  await using _ = job;
  await assert.rejects(job.run(request('dies', EXHAUSTS_HEAP)), {
    code: 'INTERNAL_SERVER_ERROR',
    retryable: false,
    message:
      'The refresh thread ran out of memory. The served snapshot stays. Give the process more memory, then refresh again.',
  });
  assert.equal((await job.run(request('lives', null))).outcome, 'BUILT');
  assert.equal(spawned.length, 2);
});

test('ends a thread that does not let go of a cancelled run', BOUNDED, async (context) => {
  const clock = createManualClock();
  const { job, spawned, noticed } = setUp(context, clock);
  await using _ = job;
  const abort = new AbortController();
  const run = assert.rejects(job.run(request('stuck', NEVER_YIELDS, abort.signal)), {
    code: 'REFRESH_CANCELLED',
  });
  await noticed;
  abort.abort();
  await clock.advance(4_999);
  assert.ok(spawned[0]!.threadId > 0);
  await clock.advance(1);
  await run;
});

test('ends its thread when it is disposed, and cancels the run under way', BOUNDED, async (context) => {
  const { job, spawned, noticed } = setUp(context);
  const run = assert.rejects(job.run(request('stuck', NEVER_YIELDS)), { code: 'REFRESH_CANCELLED' });
  await noticed;
  await job[Symbol.asyncDispose]();
  await run;
  assert.equal(spawned[0]!.threadId, -1);
  await assert.rejects(job.run(request('late', null)), { code: 'REFRESH_CANCELLED' });
});
