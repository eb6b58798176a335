/** Publications, starts and ends of serving threads in every order that their messages can arrive in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type { ToServingThread } from '../../src/serving/serving-protocol.ts';
import { FakeServingThread } from '../support/fake-serving-threads.ts';
import { createFakeSnapshot } from '../support/refresh-fixtures.ts';
import { ADDRESS, setUpPool } from '../support/serving-pool-harness.ts';

/** A thread that handles its messages one after another, each when the scheduler comes to it. */
class ScheduledThread extends FakeServingThread {
  served: number | null = null;
  isListening = false;
  #queue: Promise<unknown>;

  constructor(name: string, scheduler: fc.Scheduler) {
    super(name);
    this.#queue = scheduler.schedule(Promise.resolve(), `${name} boots`).then(() => {
      if (!this.isTerminated) this.say({ type: 'booted' });
    });
    this.on('told', (message: ToServingThread) => {
      this.#queue = this.#queue
        .then(() => scheduler.schedule(Promise.resolve(), `${name} ${message.type}`))
        .then(() => this.#handle(message));
    });
  }

  #handle(message: ToServingThread): void {
    if (this.isTerminated) return;
    switch (message.type) {
      case 'serve':
        this.served = message.snapshot?.manifest.revision ?? 0;
        this.isListening = true;
        this.say({ type: 'listening' });
        return;
      case 'publish':
        this.served = message.snapshot.manifest.revision;
        this.say({ type: 'done', callId: message.callId, measurements: null });
        return;
      case 'stop':
        this.say({ type: 'stopped' });
    }
  }
}

test('when a run has published, no thread that listens answers from an older snapshot, whoever starts or ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.oneof(fc.constant('publish' as const), fc.nat({ max: 3 })), { maxLength: 12 }),
      async (scheduler, steps) => {
        const threads: ScheduledThread[] = [];
        const { pool, clock } = setUpPool(['serving-2', 'serving-3'], {
          spawn: (name) => {
            const thread = new ScheduledThread(name, scheduler);
            threads.push(thread);
            return thread;
          },
        });
        const listening = () => threads.filter((thread) => thread.isListening && !thread.isTerminated);
        const started = pool.start(createFakeSnapshot({ revision: 1 }), ADDRESS).catch(() => undefined);
        let newest = 1;
        const publications: Promise<void>[] = [];
        for (const step of steps) {
          if (step === 'publish') {
            newest += 1;
            const revision = newest;
            publications.push(
              pool.publish(createFakeSnapshot({ revision })).then(() => {
                for (const { name, served } of listening())
                  assert.ok(served! >= revision, `${name} is behind`);
              }),
            );
          } else {
            threads
              .filter(({ isTerminated }) => !isTerminated)
              .at(step)
              ?.die(new Error('killed'));
          }
          await setImmediate();
          if (scheduler.count() > 0) await scheduler.waitOne();
        }
        // Long enough for each replacement, none for a thread to be taken for a hung one.
        await runOut(scheduler);
        await Promise.all(publications);
        for (const { name, served } of listening()) assert.equal(served, newest, name);
        const stopped = pool.stop({ graceMs: 1_000 });
        await runOut(scheduler);
        await clock.advance(3_000);
        await Promise.all([stopped, started]);
        assert.deepEqual(listening(), []);
      },
    ),
    { numRuns: 300 },
  );
});

async function runOut(scheduler: fc.Scheduler): Promise<void> {
  for (;;) {
    await setImmediate();
    if (scheduler.count() === 0) return;
    await scheduler.waitOne();
  }
}
