import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { EncodedSnapshot } from '../../../src/snapshot/format.ts';
import { rememberUnstored } from '../../../src/storage/unstored-snapshot.ts';
import { createEncodedSnapshot } from '../../support/encoded-snapshots.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const full = new GatewayError('STORE_UNAVAILABLE', 'The disk is full.', { retryable: true });
const { signal } = new AbortController();

/** A repository that is full until it is told otherwise, and the revisions that it was given. */
function setUp() {
  const given: number[] = [];
  const disk = { isFull: true };
  const log = createRecordingLogger();
  const save = async ({ manifest }: EncodedSnapshot, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    given.push(manifest.revision);
    if (disk.isFull) throw full;
  };
  return { given, disk, log, unstored: rememberUnstored({ save }, log) };
}

it('stores later what could not be stored, as often as it takes, and says so', async () => {
  const { given, disk, log, unstored } = setUp();
  await assert.rejects(unstored.save(createEncodedSnapshot(4)), full);
  await unstored.retry({ revision: 4 }, signal);
  assert.deepEqual(log.lines.at(-1)?.fields.code, 'STORE_UNAVAILABLE');
  disk.isFull = false;
  await unstored.retry({ revision: 4 }, signal);
  await unstored.retry({ revision: 4 }, signal);
  assert.deepEqual(given, [4, 4, 4]);
  assert.deepEqual(log.messages, [
    'the served snapshot cannot be stored yet',
    'the served snapshot is stored now',
  ]);
});

it('has nothing to do when the last save went through, or none was made', async () => {
  const { given, disk, unstored } = setUp();
  await unstored.retry(null, signal);
  await assert.rejects(unstored.save(createEncodedSnapshot(4)), full);
  disk.isFull = false;
  await unstored.save(createEncodedSnapshot(5));
  await unstored.retry({ revision: 5 }, signal);
  assert.deepEqual(given, [4, 5]);
});

it('forgets what is not served, so that nothing older takes the place of what is stored', async () => {
  const { given, disk, unstored } = setUp();
  await assert.rejects(unstored.save(createEncodedSnapshot(4)), full);
  disk.isFull = false;
  for (const served of [{ revision: 5 }, null, { revision: 4 }]) await unstored.retry(served, signal);
  assert.deepEqual(given, [4]);
});

it('ends with the reason of the signal', async () => {
  const { unstored } = setUp();
  await assert.rejects(unstored.save(createEncodedSnapshot(4)), full);
  const reason = new Error('stopping');
  await assert.rejects(unstored.retry({ revision: 4 }, AbortSignal.abort(reason)), reason);
});
