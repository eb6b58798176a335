/**
 * A refresh thread for tests of the real thing. It does what the `generatedAtMs` of the previous snapshot says,
 * since that is the one number a run request carries for the asking.
 */

import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../src/core/clock.ts';
import { serveRefreshJobs } from '../../src/refresh/worker-server.ts';
import { createFakeSnapshot } from './refresh-fixtures.ts';

export const ENDS_ITSELF = 1;
export const THROWS_OUTSIDE = 2;
export const NEVER_YIELDS = 3;
export const EXHAUSTS_HEAP = 4;

if (parentPort !== null) {
  serveRefreshJobs<string>(parentPort, systemClock, ({ notify }) => async ({ previous, revision }) => {
    switch (previous?.generatedAtMs) {
      case ENDS_ITSELF:
        process.exit(3);
        break;
      case THROWS_OUTSIDE:
        setImmediate(() => {
          throw new Error('https://blob.example/part?sig=secret broke');
        });
        return new Promise(() => {});
      case NEVER_YIELDS:
        notify('busy');
        for (;;);
      case EXHAUSTS_HEAP: {
        const held: unknown[] = [];
        for (;;) held.push(new Array(10_000).fill({}));
      }
    }
    const snapshot = createFakeSnapshot({ revision });
    new Uint8Array(snapshot.segments.get('data')!)[0] = 42;
    return { outcome: 'BUILT', snapshot, storeFailure: null };
  });
}
