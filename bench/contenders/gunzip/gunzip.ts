/** The limit of every reader: the files gunzipped into nothing, on as many threads. */

import { Worker } from 'node:worker_threads';
import { serveContender } from '../../support/processes.ts';
import { type GunzipResult, type IngestTask, startStopwatch } from '../ingest-task.ts';

serveContender<IngestTask, GunzipResult>(async ({ paths, threads }) => {
  const read = startStopwatch();
  /** The number of the next file, taken by whoever is free. */
  const next = new Int32Array(new SharedArrayBuffer(4));
  const sizes = await Promise.all(Array.from({ length: threads }, () => runLane({ paths, next })));
  return { ...read(), textBytes: sizes.reduce((sum, size) => sum + size, 0) };
});

async function runLane(lane: { paths: readonly string[]; next: Int32Array }): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const worker = new Worker(new URL('./lane.ts', import.meta.url), { workerData: lane });
  worker.once('message', resolve);
  worker.once('error', reject);
  return await promise;
}
