/** A thread that gunzips one file after the other and counts what comes out. */

import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';

/** The fastest of 64 KiB, 128 KiB, 256 KiB and 1 MiB. */
const CHUNK_BYTES = 1_048_576;

const { paths, next } = workerData as { readonly paths: readonly string[]; readonly next: Int32Array };
let textBytes = 0;
for (let index = Atomics.add(next, 0, 1); index < paths.length; index = Atomics.add(next, 0, 1)) {
  await pipeline(
    createReadStream(paths[index]!, { highWaterMark: CHUNK_BYTES }),
    createGunzip({ chunkSize: CHUNK_BYTES }),
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        textBytes += chunk.length;
        done();
      },
    }),
  );
}
parentPort!.postMessage(textBytes);
