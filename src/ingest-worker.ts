/**
 * An ingest thread: downloads export files, inflates and decodes them, one at a time, and gathers their records until the
 * refresh thread collects them. There is one for every two cores that the refresh may use, for as long as files are read.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { toFileSettings } from './compose-defender.ts';
import type { ExportFileFacts } from './compose-ingest.ts';
import { systemClock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import { createFileReading } from './defender/defender.ts';
import { createRecordDecoder } from './defender/record-decoder.ts';
import { serveIngest } from './refresh/ingest-server.ts';
import {
  createForwardingLogger,
  createForwardingObservers,
  type RefreshNotice,
  type RefreshWorkerData,
} from './refresh-threads.ts';
import { type GatheredPart, listTransferables, RecordGatherer } from './snapshot/gather.ts';
import { yieldToServing } from './thread-priority.ts';

invariant(parentPort !== null, 'The ingest worker must run in a worker thread.');
const { config, version } = workerData as RefreshWorkerData;
/** Ended with the thread, never by the reader: a run that is given up ends its threads. */
const never = new AbortController().signal;

yieldToServing();
serveIngest<ExportFileFacts, GatheredPart, RefreshNotice>(parentPort, ({ notify, reportWaiting }) => {
  const { fileReader, waits } = createFileReading(toFileSettings(config, version), {
    clock: systemClock,
    random: Math.random,
    log: createForwardingLogger(notify),
    ...createForwardingObservers(notify),
  });
  waits.watch(reportWaiting);
  const gatherer = new RecordGatherer();
  const reader = createRecordDecoder(gatherer);
  return {
    get recordsRead() {
      return gatherer.recordsRead;
    },
    read: (file, onBytes) =>
      fileReader.readRecords({ ...file, url: new URL(file.url) }, { reader, onBytes, signal: never }),
    collect: () => {
      const part = gatherer.takePart();
      return { part, transfer: listTransferables(part) };
    },
  };
});
