import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, getPriority, platform } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

test('a thread that gives way lowers its own priority and nobody else\u2019s, where threads have one of their own', async () => {
  const before = getPriority(0);
  await using worker = new Worker(new URL('../support/yielding-thread.ts', import.meta.url));
  const [lowered] = (await once(worker, 'message')) as [number];
  const expected = platform() === 'linux' ? constants.priority.PRIORITY_BELOW_NORMAL : 0;
  assert.equal(lowered, Math.max(before, expected));
  assert.equal(getPriority(0), before);
});
