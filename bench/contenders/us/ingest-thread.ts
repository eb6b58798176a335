/** An ingest thread of the gateway (`src/ingest-worker.ts`) that reads files from disk in place of a blob store. */

import { parentPort } from 'node:worker_threads';
import { createRecordDecoder } from '../../../src/defender/record-decoder.ts';
import { serveIngest } from '../../../src/refresh/ingest-server.ts';
import { type GatheredPart, listTransferables, RecordGatherer } from '../../../src/snapshot/gather.ts';
import { createLocalFileReader, readLocalFile } from './local-files.ts';

serveIngest<string, GatheredPart, never>(parentPort!, () => {
  const fileReader = createLocalFileReader();
  const gatherer = new RecordGatherer();
  const reader = createRecordDecoder(gatherer);
  return {
    get recordsRead() {
      return gatherer.recordsRead;
    },
    read: (path) => readLocalFile(fileReader, path, reader),
    collect: () => {
      const part = gatherer.takePart();
      return { part, transfer: listTransferables(part) };
    },
  };
});
