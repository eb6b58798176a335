import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWatchedClock } from '../../../src/defender/watched-clock.ts';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';

function createFixture() {
  const clock = createManualClock(1_000);
  const watched = createWatchedClock(clock);
  const told: boolean[] = [];
  return { clock, watched, told, unwatch: watched.watch((isWaiting) => told.push(isWaiting)) };
}

describe('watched clock', () => {
  it('tells when a wait begins and when it is over', async () => {
    const { clock, watched, told } = createFixture();
    const slept = watched.sleep(100);
    assert.deepEqual([watched.now(), told], [1_000, [true]]);
    await clock.advance(99);
    assert.deepEqual(told, [true]);
    await clock.advance(1);
    await slept;
    assert.deepEqual([watched.now(), told], [1_100, [true, false]]);
  });

  it('counts waits side by side as one', async () => {
    const { clock, watched, told } = createFixture();
    const slept = [watched.sleep(100), watched.sleep(300)];
    await clock.advance(200);
    slept.push(watched.sleep(300));
    await clock.advance(299);
    assert.deepEqual(told, [true]);
    await clock.advance(1);
    await Promise.all(slept);
    assert.deepEqual(told, [true, false]);
  });

  it('ends a wait that is aborted', async () => {
    const { watched, told } = createFixture();
    const stop = new AbortController();
    const slept = rejectionOf(watched.sleep(100, stop.signal));
    stop.abort(new Error('stopped'));
    assert.equal((await slept).message, 'stopped');
    assert.deepEqual(told, [true, false]);
  });

  it('tells a late watcher of the wait under way, and none after it has gone', async () => {
    const { clock, watched, told, unwatch } = createFixture();
    unwatch();
    const slept = watched.sleep(100);
    const toldLate: boolean[] = [];
    watched.watch((isWaiting) => toldLate.push(isWaiting));
    await clock.advance(100);
    await slept;
    assert.deepEqual([told, toldLate], [[], [true, false]]);
  });

  it('counts a wait elsewhere until it is released, once', async () => {
    const { clock, watched, told } = createFixture();
    const release = watched.hold();
    const slept = watched.sleep(100);
    await clock.advance(100);
    await slept;
    assert.deepEqual(told, [true]);
    release();
    release();
    assert.deepEqual(told, [true, false]);
    watched.hold();
    assert.deepEqual(told, [true, false, true]);
  });
});
