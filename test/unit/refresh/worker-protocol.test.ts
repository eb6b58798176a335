import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { type ErrorCode, GatewayError } from '../../../src/core/errors.ts';
import type { RefreshJobProgress, RefreshJobRequest } from '../../../src/refresh/refresh-job.ts';
import { createWorkerJob, type RefreshThread } from '../../../src/refresh/worker-job.ts';
import { type CallBudget, fromErrorFacts, toErrorFacts } from '../../../src/refresh/worker-protocol.ts';
import {
  type RefreshHandler,
  type ServingThread,
  serveRefreshJobs,
} from '../../../src/refresh/worker-server.ts';
import { createManualClock, settle } from '../../support/manual-clock.ts';
import { createFakeSnapshot, UNCHANGED } from '../../support/refresh-fixtures.ts';

interface Notice {
  readonly text: string;
}

/** Both ends over a channel in one thread; `die` ends the far one as a crash does. */
function setUp(context: TestContext, handler: (main: ServingThread<Notice>) => RefreshHandler) {
  const clock = createManualClock(1_000);
  const notices: Notice[] = [];
  const asked: string[] = [];
  const throttled: unknown[] = [];
  const threads: { die(error?: unknown): void; terminatedCount: number }[] = [];
  const budget: { acquire: CallBudget['acquire'] } = {
    acquire: async (endpoint) => {
      asked.push(endpoint);
    },
  };
  const spawn = (): RefreshThread => {
    const { port1, port2 } = new MessageChannel();
    const life = new EventEmitter();
    const end = { die, terminatedCount: 0 };
    threads.push(end);
    context.after(() => port1.close());
    serveRefreshJobs<Notice>(port2, clock, handler);
    return {
      postMessage: (message) => port1.postMessage(message),
      on: (event: string, listener: (argument: never) => void) => {
        const heard = listener as (argument: unknown) => void;
        return event === 'message' ? port1.on('message', heard) : life.on(event, heard);
      },
      terminate: async () => {
        end.terminatedCount += 1;
        die();
      },
    };
    function die(error?: unknown) {
      port1.close();
      if (error !== undefined) life.emit('error', error);
      life.emit('exit', 1);
    }
  };
  const job = createWorkerJob<Notice>({
    spawn,
    budget: {
      acquire: (endpoint, signal) => budget.acquire(endpoint, signal),
      noteThrottled: async (...call) => {
        throttled.push(call);
      },
    },
    clock,
    onNotice: (notice) => notices.push(notice),
  });
  return { clock, job, notices, asked, throttled, threads, budget };
}

function request(overrides: Partial<RefreshJobRequest> = {}): RefreshJobRequest {
  return {
    runId: 'run-1',
    previous: null,
    signal: new AbortController().signal,
    onProgress() {},
    ...overrides,
  };
}

/** Messages take turns of the event loop to arrive; this waits for the one that changes the condition. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if (condition()) return;
    await settle();
  }
  assert.fail('It never happened.');
}

test('hands over the snapshot without copying a byte of it', async (context) => {
  const built = createFakeSnapshot();
  const { job } = setUp(context, () => async () => ({
    outcome: 'BUILT',
    snapshot: built,
    storeFailure: null,
  }));
  const result = await job.run(request());
  assert.ok(result.outcome === 'BUILT');
  assert.deepEqual(result.snapshot.manifest, built.manifest);
  new Uint8Array(built.segments.get('data')!)[3] = 77;
  assert.equal(new Uint8Array(result.snapshot.segments.get('data')!)[3], 77);
});

test('hands over that nothing has changed', async (context) => {
  const { job } = setUp(context, () => async () => UNCHANGED);
  assert.deepEqual(await job.run(request()), UNCHANGED);
});

test('tells the thread what is served and which revision comes next', async (context) => {
  const seen: unknown[] = [];
  const handler: RefreshHandler = async ({ previous, revision }) => {
    seen.push([previous?.revision, previous?.generatedAtMs, revision]);
    return UNCHANGED;
  };
  const { job } = setUp(context, () => handler);
  await job.run(request());
  await job.run(request({ previous: createFakeSnapshot({ revision: 6, generatedAtMs: 60 }).manifest }));
  assert.deepEqual(seen, [
    [undefined, undefined, 1],
    [6, 60, 7],
  ]);
});

test('hands a snapshot that could not be stored to the next runs, until it is stored or no longer served', async (context) => {
  const seen: unknown[] = [];
  const next: { isBuilt: boolean; storeFailure: GatewayError | null; isStored: boolean } = {
    isBuilt: true,
    storeFailure: new GatewayError('STORE_UNAVAILABLE', 'The disk is full.', { retryable: true }),
    isStored: false,
  };
  const { job } = setUp(context, () => async ({ revision, unstored }) => {
    seen.push(unstored?.snapshot.manifest.revision);
    if (next.isStored) unstored?.onStored();
    const { storeFailure } = next;
    return next.isBuilt
      ? { outcome: 'BUILT', snapshot: createFakeSnapshot({ revision }), storeFailure }
      : UNCHANGED;
  });
  const serving = (revision: number) => request({ previous: createFakeSnapshot({ revision }).manifest });
  await job.run(request());
  next.isBuilt = false;
  await job.run(serving(1));
  await job.run(serving(1));
  next.isStored = true;
  await job.run(serving(1));
  await job.run(serving(1));
  assert.deepEqual(seen.splice(0), [undefined, 1, 1, 1, undefined]);

  // One that was never served, and one that a stored snapshot has replaced, must not come back.
  next.isBuilt = true;
  await job.run(serving(1));
  await job.run(serving(1));
  next.storeFailure = null;
  await job.run(serving(2));
  await job.run(serving(3));
  assert.deepEqual(seen, [undefined, undefined, 2, undefined]);
});

test('brings an error back as a GatewayError with code, message, retryability and instant', async (context) => {
  const error = new GatewayError('UPSTREAM_BUDGET_SPENT', 'Wait.', {
    retryable: true,
    retryAtMs: 99,
    cause: new Error('GET https://host/x?sig=secret'),
  });
  const { job } = setUp(context, () => () => Promise.reject(error));
  await assert.rejects(job.run(request()), (received: GatewayError) => {
    assert.ok(received instanceof GatewayError);
    assert.equal(received.code, 'UPSTREAM_BUDGET_SPENT');
    assert.equal(received.message, 'Wait.');
    assert.equal(received.retryable, true);
    assert.equal(received.retryAtMs, 99);
    assert.match(String(received.cause), /GET https:\/\/host\/x\?\[redacted\]/);
    return true;
  });
});

test('keeps the absence of an instant and of a cause across the boundary', () => {
  const back = fromErrorFacts(structuredClone(toErrorFacts(new GatewayError('UPSTREAM_TIMEOUT', 'Slow.'))));
  assert.equal(back.retryAtMs, undefined);
  assert.equal(back.cause, undefined);
  assert.equal(back.retryable, false);
});

test('masks an error that is not ours, and bounds its cause', () => {
  const facts = toErrorFacts(new Error('x'.repeat(20_000)));
  assert.equal(facts.code, 'INTERNAL_SERVER_ERROR' satisfies ErrorCode);
  assert.doesNotMatch(facts.message, /xxx/);
  assert.equal(facts.causeText?.length, 8_000);
});

test('carries the reason why a snapshot could not be stored', async (context) => {
  const storeFailure = new GatewayError('STORE_UNAVAILABLE', 'The disk is full.');
  const { job } = setUp(context, () => async () => ({
    outcome: 'BUILT',
    snapshot: createFakeSnapshot(),
    storeFailure,
  }));
  const result = await job.run(request());
  assert.ok(result.outcome === 'BUILT' && result.storeFailure instanceof GatewayError);
  assert.equal(result.storeFailure.code, 'STORE_UNAVAILABLE');
});

test('sends progress at most ten times a second, a new phase at once, and the last word before the result', async (context) => {
  const received: RefreshJobProgress[] = [];
  const { clock, job } = setUp(context, () => async ({ onProgress }) => {
    onProgress({ phase: 'DOWNLOADING', filesDone: 0 });
    for (let recordsRead = 1; recordsRead <= 1_000; recordsRead += 1) onProgress({ recordsRead });
    await clock.advance(100);
    onProgress({ filesDone: 1 });
    onProgress({ phase: 'BUILDING' });
    onProgress({ recordsRead: 2_000 });
    onProgress({ filesDone: 2 });
    return UNCHANGED;
  });
  await job.run(request({ onProgress: (progress) => received.push(progress) }));
  assert.deepEqual(received, [
    { phase: 'DOWNLOADING', filesDone: 0 },
    { recordsRead: 1_000, filesDone: 1 },
    { phase: 'BUILDING' },
    { recordsRead: 2_000, filesDone: 2 },
  ]);
});

test('lets a call upstream go ahead only when the serving thread grants it', async (context) => {
  const grant = Promise.withResolvers<void>();
  const steps: string[] = [];
  const { asked, budget, job } = setUp(context, ({ budget }) => async ({ signal }) => {
    await budget.acquire('PAGED', signal);
    steps.push('called');
    return UNCHANGED;
  });
  budget.acquire = (endpoint) => {
    asked.push(endpoint);
    return grant.promise;
  };
  const run = job.run(request());
  await until(() => asked.length === 1);
  await settle();
  assert.deepEqual([asked, steps], [['PAGED'], []]);
  grant.resolve();
  await run;
  assert.deepEqual(steps, ['called']);
});

test('refuses a call upstream with the error of the ledger', async (context) => {
  const { budget, job } = setUp(context, ({ budget }) => async ({ signal }) => {
    await budget.acquire('EXPORT', signal);
    return UNCHANGED;
  });
  const spent = new GatewayError('UPSTREAM_BUDGET_SPENT', 'Spent.', { retryable: true, retryAtMs: 5 });
  budget.acquire = () => Promise.reject(spent);
  await assert.rejects(job.run(request()), {
    code: 'UPSTREAM_BUDGET_SPENT',
    retryAtMs: 5,
    message: 'Spent.',
  });
});

test('gives each of several calls its own answer', async (context) => {
  const { budget, job } = setUp(context, ({ budget }) => async ({ signal }) => {
    const calls = [budget.acquire('EXPORT', signal), budget.acquire('PAGED', signal)];
    const [first, second] = await Promise.allSettled(calls);
    assert.equal(first?.status, 'rejected');
    assert.equal(second?.status, 'fulfilled');
    return UNCHANGED;
  });
  budget.acquire = async (endpoint) => {
    if (endpoint === 'EXPORT') throw new GatewayError('UPSTREAM_BUDGET_SPENT', 'Spent.');
  };
  await job.run(request());
});

test('gives up waiting for a budget when the run is cancelled', async (context) => {
  const { asked, budget, job } = setUp(context, ({ budget }) => async ({ signal }) => {
    await budget.acquire('EXPORT', signal);
    return UNCHANGED;
  });
  let mainSignal: AbortSignal | undefined;
  budget.acquire = (endpoint, signal) => {
    asked.push(endpoint);
    mainSignal = signal;
    return new Promise(() => {});
  };
  const abort = new AbortController();
  const run = assert.rejects(job.run(request({ signal: abort.signal })), { code: 'REFRESH_CANCELLED' });
  await until(() => asked.length === 1);
  abort.abort();
  await run;
  assert.equal(mainSignal?.aborted, true);
});

test('tells the ledger of a throttled call, and passes notices on', async (context) => {
  const { job, notices, throttled } = setUp(context, ({ budget, notify }) => async () => {
    await budget.noteThrottled('EXPORT', 123);
    notify({ text: 'sign in at …' });
    return UNCHANGED;
  });
  await job.run(request());
  assert.deepEqual(throttled, [['EXPORT', 123]]);
  assert.deepEqual(notices, [{ text: 'sign in at …' }]);
});

test('aborts the handler when the run is cancelled, and waits for it to let go', async (context) => {
  const handling = Promise.withResolvers<void>();
  const { clock, job, threads } = setUp(context, () => async ({ signal }) => {
    const aborted = once(signal, 'abort');
    handling.resolve();
    await aborted;
    throw new GatewayError('REFRESH_CANCELLED', 'Stopped.');
  });
  const abort = new AbortController();
  const run = job.run(request({ signal: abort.signal }));
  await handling.promise;
  abort.abort();
  await assert.rejects(run, { code: 'REFRESH_CANCELLED', message: 'Stopped.' });
  assert.equal(clock.pendingCount, 0);
  assert.equal(threads[0]?.terminatedCount, 0);
});

test('starts no thread for a run that is cancelled already', async (context) => {
  const { job, threads } = setUp(context, () => async () => UNCHANGED);
  await assert.rejects(job.run(request({ signal: AbortSignal.abort() })), { code: 'REFRESH_CANCELLED' });
  assert.equal(threads.length, 0);
});

test('ends a thread with the run that succeeds, and keeps it after one that fails', async (context) => {
  const fails = [true, true, false, false];
  const { job, threads } = setUp(context, () => async () => {
    if (fails.shift()) throw new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.');
    return UNCHANGED;
  });
  for (const runId of ['first', 'second']) {
    await assert.rejects(job.run(request({ runId })), { code: 'UPSTREAM_TIMEOUT' });
  }
  assert.deepEqual(await job.run(request({ runId: 'third' })), UNCHANGED);
  assert.deepEqual(
    threads.map(({ terminatedCount }) => terminatedCount),
    [1],
  );
  assert.deepEqual(await job.run(request({ runId: 'fourth' })), UNCHANGED);
  assert.equal(threads.length, 2);
});

test('replaces a thread that died between two runs', async (context) => {
  const { job, threads } = setUp(context, () => async () => {
    throw new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.');
  });
  await assert.rejects(job.run(request()), { code: 'UPSTREAM_TIMEOUT' });
  threads[0]?.die();
  await assert.rejects(job.run(request({ runId: 'run-2' })), { code: 'UPSTREAM_TIMEOUT' });
  assert.equal(threads.length, 2);
});

test('names the lack of memory, and leaves it to the schedule', async (context) => {
  const { job, threads } = setUp(context, () => () => new Promise(() => {}));
  const run = job.run(request());
  const cause = Object.assign(new Error('Worker terminated due to reaching memory limit'), {
    code: 'ERR_WORKER_OUT_OF_MEMORY',
  });
  threads[0]?.die(cause);
  await assert.rejects(run, {
    code: 'INTERNAL_SERVER_ERROR',
    retryable: false,
    message:
      'The refresh thread ran out of memory. The served snapshot stays. Give the process more memory, then refresh again.',
  });
});

test('says so when a thread cannot be started', async () => {
  const job = createWorkerJob({
    spawn: () => {
      throw new Error('no thread');
    },
    budget: { acquire: async () => {}, noteThrottled: async () => {} },
    clock: createManualClock(),
    onNotice() {},
  });
  await assert.rejects(job.run(request()), {
    code: 'INTERNAL_SERVER_ERROR',
    retryable: true,
    message: /^The refresh thread could not be started\./,
  });
});

test('refuses a call upstream that is asked for outside a run', async (context) => {
  const late = Promise.withResolvers<unknown>();
  const { asked, job } = setUp(context, ({ budget }) => async () => {
    setImmediate(() => budget.acquire('EXPORT', new AbortController().signal).catch(late.resolve));
    throw new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.');
  });
  await assert.rejects(job.run(request()), { code: 'UPSTREAM_TIMEOUT' });
  assert.equal(((await late.promise) as GatewayError).code, 'REFRESH_CANCELLED');
  assert.deepEqual(asked, []);
});

test('ignores what an earlier run still says', async (context) => {
  const late: Array<() => void> = [];
  const received: RefreshJobProgress[] = [];
  const { job } = setUp(context, () => async ({ onProgress, revision }) => {
    late.push(() => onProgress({ phase: 'DOWNLOADING', filesDone: revision }));
    if (revision > 1) late[0]?.();
    return UNCHANGED;
  });
  await job.run(request());
  const previous = createFakeSnapshot().manifest;
  await job.run(request({ runId: 'run-2', previous, onProgress: (progress) => received.push(progress) }));
  assert.deepEqual(received, []);
});

test('refuses a run beside another', async (context) => {
  const { job, threads } = setUp(context, () => () => new Promise(() => {}));
  const first = assert.rejects(job.run(request()));
  await assert.rejects(job.run(request({ runId: 'run-2' })), { code: 'INVARIANT_VIOLATED' });
  threads[0]?.die();
  await first;
});
