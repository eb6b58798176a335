/**
 * The raw bytes of one export file from the blob store. Sends no bearer token: the URL is the permission.
 *
 * Goes on where a broken connection left off when the store gave a strong ETag, and checks that all bytes came and that they
 * are those that were stored. Other failures (a file that is still being copied, that changed while it was read, that is
 * refused) are for the caller: to start over, to wait, or to ask for another URL.
 */

import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { KIBIBYTE } from '../core/units.ts';
import { findBlobMd5, findBlobOffset, findBlobSize, findHeader, findStrongEtag } from './blob-answer.ts';
import {
  changedWhileRead,
  corruptFile,
  describeFile,
  isPendingCopy,
  stillBeingCopied,
  toBlobError,
  uncompletedCopy,
} from './blob-errors.ts';
import { readBounded } from './bounded-body.ts';
import { type ContentCheck, createContentCheck } from './content-check.ts';
import type { ExportFile } from './export-endpoint.ts';
import { isInterruption, type RetrySession } from './retry.ts';
import { findSasStart } from './sas-times.ts';
import { toTransportError } from './transport-errors.ts';

export interface BlobClient {
  /** The bytes of the file, each once. Throws `UPSTREAM_FILE_*`, `UPSTREAM_NOT_FOUND` and the transport's codes. */
  open(file: ExportFile, options: OpenBlobOptions): AsyncIterable<Buffer>;
  /** The first bytes of the file by a ranged read, or why it cannot be read now. */
  readFirstBytes(file: ExportFile, options: { readonly signal: AbortSignal }): Promise<BlobOpening>;
}

export interface OpenBlobOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (sizeBytes: number) => void;
  /** One budget of tries for the file, shared with whoever starts it over. */
  readonly retries: RetrySession;
}

export interface BlobOpening {
  readonly bytes: Buffer;
  /** Size of the whole file, when the store says. */
  readonly sizeBytes: number | null;
  /** The file is listed and not there yet; `bytes` is empty. */
  readonly isPending: boolean;
}

export interface BlobClientOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly userAgent: string;
}

const OPENING_BYTES = KIBIBYTE;
const MAXIMUM_ERROR_BYTES = 16 * KIBIBYTE;

export function createBlobClient({ dispatcher, clock, userAgent }: BlobClientOptions): BlobClient {
  /** One GET. Throws for every status but 200 and 206, and for a copy that is not done. */
  async function ask(
    file: ExportFile,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    try {
      const response = await request(file.url, {
        dispatcher,
        signal,
        headers: { 'accept-encoding': 'identity', 'user-agent': userAgent, ...headers },
      });
      if (response.statusCode === 200 || response.statusCode === 206) {
        const failure = findCopyFailure(file, response);
        if (failure === undefined) return response;
        discard(response);
        throw failure;
      }
      const { bytes } = await readBounded(response.body, MAXIMUM_ERROR_BYTES);
      const body = bytes.toString('utf8');
      if (isPendingCopy(response.statusCode, body)) throw stillBeingCopied(file);
      throw toBlobError({
        status: response.statusCode,
        subject: describeFile(file),
        retryAfter: findHeader(response, 'retry-after'),
        body,
        validFromMs: findSasStart(file.url),
        nowMs: clock.now(),
      });
    } catch (error) {
      throw toTransportError(error, describeFile(file), signal);
    }
  }

  async function* open(
    file: ExportFile,
    { signal, onBytes, retries }: OpenBlobOptions,
  ): AsyncGenerator<Buffer> {
    let offset = 0;
    let etag: string | undefined;
    let check: ContentCheck | undefined;
    for (;;) {
      const startedAt = offset;
      try {
        const headers = etag === undefined ? {} : { range: `bytes=${offset}-`, 'if-match': etag };
        const response = await ask(file, headers, signal);
        let skip = bytesToSkip(file, response, offset, etag);
        etag = findStrongEtag(response) ?? etag;
        check ??= createContentCheck({ sizeBytes: findBlobSize(response), md5: findBlobMd5(response) });
        for await (const chunk of response.body as AsyncIterable<Buffer>) {
          onBytes(chunk.length);
          const fresh = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          offset += fresh.length;
          check.update(fresh);
          if (fresh.length > 0) yield fresh;
        }
        const fault =
          check.findFault() ?? (offset === 0 ? 'is empty, which no part of an export is' : undefined);
        if (fault !== undefined) throw corruptFile(file, fault);
        return;
      } catch (error) {
        const failure = toTransportError(error, describeFile(file), signal);
        if (etag === undefined || offset === 0 || !isInterruption(failure)) throw failure;
        if (offset > startedAt) retries.noteProgress();
        await retries.pause(failure, signal);
      }
    }
  }

  return {
    open,
    readFirstBytes: async (file, { signal }) => {
      try {
        const response = await ask(file, { range: `bytes=0-${OPENING_BYTES - 1}` }, signal);
        const { bytes } = await readBounded(response.body, OPENING_BYTES);
        return { bytes, sizeBytes: findBlobSize(response), isPending: false };
      } catch (error) {
        const failure = toTransportError(error, describeFile(file), signal);
        if (!(failure instanceof GatewayError && failure.code === 'UPSTREAM_FILE_NOT_READY')) throw failure;
        return { bytes: Buffer.alloc(0), sizeBytes: null, isPending: true };
      }
    },
  };
}

/** The failure of a blob that is not there yet, or never will be: its answer is a good one, without a byte. */
function findCopyFailure(file: ExportFile, response: Dispatcher.ResponseData): GatewayError | undefined {
  const status = findHeader(response, 'x-ms-copy-status')?.toLowerCase();
  if (status === 'pending') return stillBeingCopied(file);
  return status === 'failed' || status === 'aborted' ? uncompletedCopy(file, status) : undefined;
}

/**
 * How many bytes of an answer were delivered already: none, or all of them when a range was asked for and ignored. Throws when
 * the answer does not go on where the last one broke off.
 *
 * @param offset where it is to go on
 * @param etag of the version that was read so far; `undefined` when nothing was
 */
function bytesToSkip(
  file: ExportFile,
  response: Dispatcher.ResponseData,
  offset: number,
  etag: string | undefined,
): number {
  const start = findBlobOffset(response);
  const answered = findStrongEtag(response);
  // If-Match keeps a range to one version, so its answer need not name it; a store that ignores a range may ignore that too.
  const isSame = answered === etag || (response.statusCode === 206 && answered === undefined);
  const isFirst = etag === undefined;
  if (start !== undefined && (start === offset || start === 0) && (isFirst || isSame)) return offset - start;
  discard(response);
  throw changedWhileRead(file);
}

/** Gives a body up unread; without a listener the stream's own complaint would end the process. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => {}).destroy();
}
