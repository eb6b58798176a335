import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toReadiness } from '../../../src/http/health.ts';

const extension = { id: 'a', revision: 3, generatedAt: null };

test('is ready with a snapshot that never expires', () => {
  assert.deepEqual(toReadiness(false, { extension, expiresAtMs: null }, 5), {
    status: 'ready',
    snapshot: extension,
  });
});

test('is ready until the instant at which the snapshot expires', () => {
  assert.equal(toReadiness(false, { extension, expiresAtMs: 6 }, 5).status, 'ready');
  assert.deepEqual(toReadiness(false, { extension, expiresAtMs: 5 }, 5), {
    status: 'unready',
    reason: 'SNAPSHOT_EXPIRED',
    message:
      'The snapshot is older than SNAPSHOT_EXPIRES_AFTER. Query `refresh { lastFailure { code message } }` to see why no newer one came.',
    snapshot: extension,
  });
});

test('is unready before the first snapshot', () => {
  assert.deepEqual(toReadiness(false, null, 5), {
    status: 'unready',
    reason: 'SNAPSHOT_UNAVAILABLE',
    message:
      'No snapshot has been published yet. Query `refresh { phase lastFailure { code message } }` to see what it waits for.',
    snapshot: null,
  });
});

test('is unready while it stops, however good the snapshot', () => {
  assert.deepEqual(toReadiness(true, { extension, expiresAtMs: null }, 5), {
    status: 'unready',
    reason: 'STOPPING',
    message: 'The gateway is stopping: send new requests to another replica.',
    snapshot: extension,
  });
});
