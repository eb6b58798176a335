import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecentCache } from '../../../src/defender/recent-cache.ts';

describe('recent cache', () => {
  it('forgets what was not asked for while two generations passed, and keeps what was', () => {
    const cache = createRecentCache<number>(10);
    cache.set('asked for', 1);
    cache.set('left alone', 2);
    for (let index = 0; index < 1_000; index += 1) {
      cache.set(`filler ${index}`, index);
      assert.equal(cache.find('asked for'), 1);
    }
    assert.equal(cache.find('left alone'), undefined);
  });

  it('holds at most two generations', () => {
    const cache = createRecentCache<number>(10);
    for (let index = 0; index < 1_000; index += 1) cache.set(String(index), index);
    const held = Array.from({ length: 1_000 }, (_, index) => cache.find(String(index)));
    assert.ok(held.filter((value) => value !== undefined).length <= 20);
  });

  it('takes a new value for a key that it has', () => {
    const cache = createRecentCache<number>(1);
    cache.set('key', 1);
    cache.set('key', 2);
    assert.equal(cache.find('key'), 2);
  });
});
