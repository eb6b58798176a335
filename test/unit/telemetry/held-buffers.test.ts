import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHeldBuffers } from '../../../src/telemetry/held-buffers.ts';
import { settle } from '../../support/manual-clock.ts';

test('counts the bytes of buffers that somebody holds, and no others', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = createHeldBuffers();
  const kept = new SharedArrayBuffer(100);
  held.add([kept]);
  // In a function of its own, whose frame is gone when the collector comes.
  const addMore = (): void => held.add([new SharedArrayBuffer(30), new SharedArrayBuffer(7)]);
  addMore();
  assert.equal(held.sizeBytes(), 137);
  await settle();
  collect();
  await settle();
  assert.equal(held.sizeBytes(), 100);
  assert.equal(kept.byteLength, 100);
});
