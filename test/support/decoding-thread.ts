/** A thread with the real record decoder and a sink that counts, for tests of what it takes of the heap. */

import { parentPort, workerData } from 'node:worker_threads';
import { createRecordDecoder } from '../../src/defender/record-decoder.ts';
import { RecordGatherer } from '../../src/snapshot/gather.ts';
import { HOSTILE_TEXTS, type HostileText } from './hostile-texts.ts';

if (parentPort !== null) {
  const { name, times } = workerData as { readonly name: HostileText; readonly times: number };
  const gatherer = new RecordGatherer();
  const decoder = createRecordDecoder(gatherer);
  const record = Buffer.from(HOSTILE_TEXTS[name]());
  for (let time = 0; time < times; time += 1) decoder.decode(record, 0, record.length);
  parentPort.postMessage(gatherer.recordsRead);
}
