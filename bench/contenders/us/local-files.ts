/** The gateway's reader of export files over files on disk in place of a blob store. */

import { createReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { BlobClient } from '../../../src/defender/blob-client.ts';
import { createExportFileReader, type ExportFileReader } from '../../../src/defender/export-file-reader.ts';
import type { RecordReader } from '../../../src/defender/record-reader.ts';
import { createRetryPolicy } from '../../../src/defender/retry.ts';

const CHUNK_BYTES = 1_048_576;

export function createLocalFileReader(): ExportFileReader {
  return createExportFileReader({
    blobs: localFiles,
    retry: createRetryPolicy({ clock: systemClock, random: Math.random, log: silentLogger }),
  });
}

/** Every record of the file. */
export function readLocalFile(
  fileReader: ExportFileReader,
  path: string,
  reader: RecordReader,
): Promise<void> {
  const file = { url: pathToFileURL(path), rbacGroupId: null, expiresAtMs: null };
  return fileReader.readRecords(file, {
    reader,
    onBytes: () => undefined,
    signal: new AbortController().signal,
  });
}

const localFiles: BlobClient = {
  open: (file) => createReadStream(file.url, { highWaterMark: CHUNK_BYTES }),
  readFirstBytes: () => {
    throw new Error('Only a connection check reads first bytes.');
  },
};
