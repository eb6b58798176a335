import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, summarizeTimes } from '../../../bench/support/statistics.ts';

test('a percentile is a sample that its share of all samples are not above', () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.deepEqual(summarizeTimes(samples), { samples: 200, p50: 100, p99: 198 });
});

test('of few samples the 99th percentile is the largest', () => {
  assert.deepEqual(summarizeTimes([3, 1, 2]), { samples: 3, p50: 2, p99: 3 });
});

test('the median of an even number of samples is the lower of the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2);
});
