import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import {
  createExecutionThread,
  END_TIMEOUT_MS,
  type FromExecutionThread,
  followJobs,
  type ToExecutionThread,
} from '../../../src/serving/execution-thread.ts';
import type { ServingWorker, ThreadEnd } from '../../../src/serving/serving-thread.ts';
import type { EncodedSnapshot } from '../../../src/snapshot/format.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { createManualClock, settle } from '../../support/manual-clock.ts';
import { openSmallInventory } from '../../support/small-inventory.ts';

type Told = ToExecutionThread<string>;

/** A thread in the hands of a test. */
class FakeThread extends EventEmitter implements ServingWorker {
  readonly told: Told[] = [];

  postMessage(message: unknown): void {
    this.told.push(message as Told);
  }

  get jobs() {
    return this.told.filter((message) => message.type === 'job');
  }

  say(message: FromExecutionThread<string>): void {
    this.emit('message', message);
  }

  die(error?: unknown): void {
    if (error !== undefined) this.emit('error', error);
    this.emit('exit', 1);
  }

  async terminate(): Promise<void> {
    this.die();
  }
}

function createFixture() {
  const threads: FakeThread[] = [];
  const ends: ThreadEnd[] = [];
  const clock = createManualClock();
  const thread = createExecutionThread<string, string>({
    spawn: () => {
      threads.push(new FakeThread());
      return threads.at(-1)!;
    },
    clock,
    onEnded: (end) => ends.push(end),
  });
  return { threads, ends, clock, thread };
}

const never = () => () => undefined;
const OLD = openSmallInventory();
const NEW = Snapshot.open(withId(OLD.encoded, 'another'));

function withId(encoded: EncodedSnapshot, id: string): EncodedSnapshot {
  return { ...encoded, manifest: { ...encoded.manifest, id } };
}

describe('an execution thread', () => {
  test('is started by the first task, and gives each task its own result', async () => {
    const { threads, thread } = createFixture();
    assert.equal(threads.length, 0);
    const results = ['a', 'b'].map((task) => thread.execute(task, OLD, never));
    assert.equal(threads.length, 1);
    const [first, second] = threads[0]!.jobs;
    threads[0]!.say({ type: 'done', jobId: second!.jobId, result: `result of ${second!.task}` });
    threads[0]!.say({ type: 'done', jobId: first!.jobId, result: `result of ${first!.task}` });
    assert.deepEqual(await Promise.all(results), ['result of a', 'result of b']);
  });

  test('is sent a snapshot once, anew when it is another, and anew when it was forgotten', () => {
    const { threads, thread } = createFixture();
    for (const snapshot of [OLD, OLD, null, OLD, NEW, OLD, OLD]) void thread.execute('', snapshot, never);
    thread.forget();
    void thread.execute('', OLD, never);
    const sent = threads[0]!.jobs.map(({ snapshot }) =>
      snapshot === null || snapshot === 'held' ? snapshot : snapshot.manifest.id,
    );
    const [old, other] = [OLD.manifest.id, NEW.manifest.id];
    assert.deepEqual(sent, [old, 'held', null, 'held', other, old, 'held', old]);
    assert.equal(threads[0]!.told.at(-2)?.type, 'forget');
  });

  test('raises the flag of a task whose request ends, and leaves the thread time to see it', async () => {
    const { threads, ends, clock, thread } = createFixture();
    let end: () => void = () => undefined;
    const result = thread.execute('', OLD, (onEnd) => {
      end = onEnd;
      return () => undefined;
    });
    const [job] = threads[0]!.jobs;
    const flag = new Int32Array(job!.end);
    assert.equal(flag[0], 0);
    end();
    assert.equal(flag[0], 1);
    await clock.advance(END_TIMEOUT_MS - 1);
    threads[0]!.say({ type: 'failed', jobId: job!.jobId, causeText: 'over' });
    await assert.rejects(result, /over/);
    await clock.advance(END_TIMEOUT_MS);
    assert.deepEqual(ends, []);
  });

  test('is ended when it goes on long after the end of a request', async () => {
    const { ends, clock, thread } = createFixture();
    const result = thread.execute('', OLD, (onEnd) => {
      onEnd();
      return () => undefined;
    });
    const refused = assert.rejects(result, /UNRESPONSIVE/);
    await settle();
    await clock.advance(END_TIMEOUT_MS);
    await refused;
    assert.deepEqual(ends, [{ reason: 'UNRESPONSIVE', error: undefined }]);
  });

  test('fails what it was at when it ends, and is started again for the next task', async () => {
    const { threads, ends, thread } = createFixture();
    const result = thread.execute('', OLD, never);
    const error = Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
    threads[0]!.die(error);
    await assert.rejects(result, /OUT_OF_MEMORY/);
    assert.deepEqual(ends, [{ reason: 'OUT_OF_MEMORY', error }]);
    const next = thread.execute('', OLD, never);
    assert.equal(threads.length, 2);
    const [job] = threads[1]!.jobs;
    assert.notEqual(job!.snapshot, 'held');
    threads[1]!.say({ type: 'done', jobId: job!.jobId, result: 'fine' });
    assert.equal(await next, 'fine');
  });

  test('is ended by its owner without a word, and takes no more tasks', async () => {
    const { threads, ends, thread } = createFixture();
    const result = thread.execute('', OLD, never);
    const refused = assert.rejects(result, /has ended/);
    await thread[Symbol.asyncDispose]();
    await refused;
    assert.deepEqual(ends, []);
    await assert.rejects(thread.execute('', OLD, never), /has been stopped/);
    assert.equal(threads.length, 1);
  });
});

describe('the other end', () => {
  const follow = (
    execute: (task: string, opened: string | null, isOver: () => boolean) => Promise<string>,
  ) => {
    const posted: FromExecutionThread<string>[] = [];
    const emitter = new EventEmitter();
    const port = {
      postMessage: (message: unknown) => void posted.push(message as FromExecutionThread<string>),
      on: (event: 'message', listener: (message: unknown) => void) => emitter.on(event, listener),
    };
    followJobs<string, string, string>(
      port,
      ({ manifest }) => manifest.id,
      execute,
      () => [],
    );
    return { posted, tell: (message: Told) => void emitter.emit('message', message) };
  };
  const end = new SharedArrayBuffer(4);
  const job = (jobId: number, task: string, snapshot: EncodedSnapshot | null | 'held'): Told => ({
    type: 'job',
    jobId,
    task,
    snapshot,
    end,
  });

  test('does one task after the other, each over its own snapshot', async () => {
    let running = 0;
    const { posted, tell } = follow(async (task, opened) => {
      running += 1;
      await settle();
      assert.equal(running, 1);
      running -= 1;
      return `${task} over ${opened}`;
    });
    tell(job(1, 'a', OLD.encoded));
    tell(job(2, 'b', null));
    tell(job(3, 'c', 'held'));
    tell(job(4, 'd', NEW.encoded));
    tell({ type: 'forget' });
    tell(job(5, 'e', OLD.encoded));
    while (posted.length < 5) await settle();
    const [old, other] = [OLD.manifest.id, NEW.manifest.id];
    const results = posted.map((message) => (message.type === 'done' ? message.result : message.causeText));
    assert.deepEqual(results, [
      `a over ${old}`,
      'b over null',
      `c over ${old}`,
      `d over ${other}`,
      `e over ${old}`,
    ]);
  });

  test('says of a task that failed why, and goes on with the next', async () => {
    const { posted, tell } = follow(async (task) => {
      if (task === 'bad') throw new Error('not this one');
      return task;
    });
    tell(job(1, 'bad', null));
    tell(job(2, 'good', null));
    while (posted.length < 2) await settle();
    assert.deepEqual(
      posted.map(({ type }) => type),
      ['failed', 'done'],
    );
    assert.match((posted[0] as { causeText: string }).causeText, /not this one/);
  });

  test('sees the end of a task without reading a message', async () => {
    const { posted, tell } = follow(async (_task, _opened, isOver) => {
      const before = isOver();
      Atomics.store(new Int32Array(end), 0, 1);
      return `${before} ${isOver()}`;
    });
    tell(job(1, '', null));
    while (posted.length < 1) await settle();
    assert.deepEqual(posted, [{ type: 'done', jobId: 1, result: 'false true' }]);
  });
});
