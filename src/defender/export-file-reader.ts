/**
 * One export file from the blob store to its records: raw bytes, inflated, split. A file that breaks off is
 * read again from its beginning, a few times; the records of a failed try are taken back.
 *
 * A record of more than the limit ends the file: a line ten thousand times the usual length is no record,
 * and skipping it would be guessing where the next one begins.
 */

import { GatewayError } from '../core/errors.ts';
import { MEBIBYTE } from '../core/units.ts';
import type { BlobClient } from './blob-client.ts';
import { corruptFile, describeFile } from './blob-errors.ts';
import type { ExportFile } from './export-endpoint.ts';
import { requireFileForm } from './file-form.ts';
import { InflateError, type InflateLimits, inflate } from './inflate.ts';
import { readWhole } from './read-whole.ts';
import type { RecordLimits, RecordReader } from './record-reader.ts';
import { createRecordSplitter } from './record-splitter.ts';
import type { RetryPolicy } from './retry.ts';
import { capitalize } from './sentence.ts';

export interface ExportFileReader {
  /** Hands on every record of the file, in its order. Throws `UPSTREAM_*` unless the file was read to its end. */
  readRecords(file: ExportFile, options: ReadFileOptions): Promise<void>;
}

export interface ReadFileOptions {
  readonly reader: RecordReader;
  /** Told of bytes as they come over the wire. */
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface ExportFileReaderOptions {
  readonly blobs: BlobClient;
  readonly retry: RetryPolicy;
  /** Longest record; default 16 MiB. */
  readonly maximumRecordBytes?: number;
  readonly inflateLimits?: InflateLimits;
}

const DEFAULT_MAXIMUM_RECORD_BYTES = 16 * MEBIBYTE;

export function createExportFileReader(options: ExportFileReaderOptions): ExportFileReader {
  const { blobs, retry, inflateLimits } = options;
  const maximumRecordBytes = options.maximumRecordBytes ?? DEFAULT_MAXIMUM_RECORD_BYTES;

  return {
    readRecords: async (file, { reader, onBytes, signal }) => {
      const retries = retry.begin();
      const limits: RecordLimits = { maximumRecordBytes, tooLong: () => tooLong(file, maximumRecordBytes) };
      await readWhole(
        async () => {
          const splitter = createRecordSplitter(reader, limits);
          const raw = requireFileForm(blobs.open(file, { signal, onBytes, retries }), (problem) =>
            corruptFile(file, problem),
          );
          const body = inflateFile(raw, file, inflateLimits);
          for await (const chunk of body) splitter.write(chunk);
          if (!splitter.end()) throw corruptFile(file, 'ends inside of an array');
        },
        { reader, retries, signal },
      );
    },
  };
}

async function* inflateFile(
  source: AsyncIterable<Buffer>,
  file: ExportFile,
  limits: InflateLimits | undefined,
): AsyncGenerator<Buffer> {
  try {
    yield* inflate(source, limits);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    if (error.problem !== 'TOO_LARGE') throw corruptFile(file, `cannot be read (${error.message})`);
    throw new GatewayError(
      'UPSTREAM_FILE_TOO_LARGE',
      `${capitalize(describeFile(file))} is refused: ${error.message}. No inventory unpacks like that; report it.`,
    );
  }
}

function tooLong(file: ExportFile, maximumRecordBytes: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_FILE_TOO_LARGE',
    `${capitalize(describeFile(file))} holds a line of more than ${maximumRecordBytes} bytes, which is no inventory record. Report it.`,
  );
}
