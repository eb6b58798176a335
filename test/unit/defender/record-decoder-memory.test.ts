/**
 * A parser that runs out of heap in the middle of a record takes the whole process with it, whatever thread it runs in:
 * these tests pass, or their process ends.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { HOSTILE_TEXTS } from '../../support/hostile-texts.ts';

const THREAD = new URL('../../support/decoding-thread.ts', import.meta.url);

describe('record decoder in a heap of 96 MiB', () => {
  for (const name of Object.keys(HOSTILE_TEXTS)) {
    it(`takes or refuses one record after the other of ${name}`, { timeout: 60_000 }, async () => {
      const worker = new Worker(THREAD, {
        workerData: { name, times: 5 },
        resourceLimits: { maxOldGenerationSizeMb: 96 },
      });
      const [records] = await once(worker, 'message');
      await worker.terminate();
      assert.equal(records, 5);
    });
  }
});
