import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUpstreamTally } from '../../../src/telemetry/upstream-tally.ts';

test('counts calls by endpoint and retries by code, from the beginning of a run', () => {
  const tally = createUpstreamTally();
  tally.countCall('TOKEN');
  tally.begin();
  for (const endpoint of ['EXPORT', 'FILE', 'FILE']) tally.countCall(endpoint);
  tally.countRetry('UPSTREAM_TIMEOUT');
  assert.deepEqual(tally.read(), { calls: { EXPORT: 1, FILE: 2 }, retries: { UPSTREAM_TIMEOUT: 1 } });
  tally.begin();
  assert.deepEqual(tally.read(), { calls: {}, retries: {} });
});
