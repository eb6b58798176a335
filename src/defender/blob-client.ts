/**
 * The raw bytes of one export file from the blob store. Sends no bearer token: the URL is the permission.
 *
 * Waits for a file that is still being copied to its place, and goes on where a broken connection left off
 * when the store gave a strong ETag. Other failures are for the caller to retry from the beginning.
 */

import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { KIBIBYTE, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import { isPendingCopy, toBlobError } from './blob-errors.ts';
import { readBounded } from './bounded-body.ts';
import type { ExportFile } from './export-endpoint.ts';
import type { RetrySession } from './retry.ts';
import { capitalize } from './sentence.ts';
import { toTransportError } from './transport-errors.ts';

export interface BlobClient {
  /** The bytes of the file, each once. Throws `UPSTREAM_FILE_*` and the transport's codes. */
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
  /** Longest wait for a file that is being copied. Default 15 minutes. */
  readonly pendingLimitMs?: number;
}

const FIRST_PENDING_DELAY_MS = SECOND_MS;
const LONGEST_PENDING_DELAY_MS = 10 * SECOND_MS;
const DEFAULT_PENDING_LIMIT_MS = 15 * MINUTE_MS;
const OPENING_BYTES = KIBIBYTE;
const MAXIMUM_ERROR_BYTES = 16 * KIBIBYTE;

interface Answer {
  readonly response: Dispatcher.ResponseData;
  readonly isPending: boolean;
}

export function createBlobClient(options: BlobClientOptions): BlobClient {
  const { dispatcher, clock, userAgent } = options;
  const pendingLimitMs = options.pendingLimitMs ?? DEFAULT_PENDING_LIMIT_MS;

  /** One GET. Throws for every status but 200 and 206, and notices a copy that is not done. */
  async function ask(
    file: ExportFile,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const subject = describeFile(file);
    try {
      const response = await request(file.url, {
        dispatcher,
        signal,
        headers: { 'accept-encoding': 'identity', 'user-agent': userAgent, ...headers },
      });
      const copyStatus = response.headers['x-ms-copy-status'];
      if (response.statusCode === 200 || response.statusCode === 206) {
        if (copyStatus === 'failed' || copyStatus === 'aborted') {
          discard(response);
          throw notReady(`${subject} was never completed (copy ${copyStatus}).`);
        }
        const isPending = copyStatus === 'pending';
        if (isPending) discard(response);
        return { response, isPending };
      }
      const { bytes } = await readBounded(response.body, MAXIMUM_ERROR_BYTES);
      const body = bytes.toString('utf8');
      if (isPendingCopy(response.statusCode, body)) return { response, isPending: true };
      throw toBlobError({
        status: response.statusCode,
        subject,
        retryAfter: singleHeader(response.headers['retry-after']),
        body,
        nowMs: clock.now(),
      });
    } catch (error) {
      throw toTransportError(error, subject, signal);
    }
  }

  async function askUntilReady(
    file: ExportFile,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const startedMs = clock.now();
    for (let delayMs = FIRST_PENDING_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_PENDING_DELAY_MS)) {
      const { response, isPending } = await ask(file, headers, signal);
      if (!isPending) return response;
      if (clock.now() - startedMs + delayMs > pendingLimitMs) {
        throw notReady(
          `${describeFile(file)} is listed but still being copied after ${Math.round(pendingLimitMs / SECOND_MS)} s.`,
        );
      }
      await clock.sleep(delayMs, signal);
    }
  }

  async function* open(
    file: ExportFile,
    { signal, onBytes, retries }: OpenBlobOptions,
  ): AsyncGenerator<Buffer> {
    const subject = describeFile(file);
    let offset = 0;
    let etag: string | undefined;
    for (;;) {
      try {
        const isResumed = etag !== undefined && offset > 0;
        const headers = isResumed ? { range: `bytes=${offset}-`, 'if-match': etag as string } : {};
        const response = await askUntilReady(file, headers, signal);
        let skip = isResumed ? bytesToSkip(response, offset, etag as string, subject) : 0;
        etag = findStrongEtag(response);
        for await (const chunk of response.body as AsyncIterable<Buffer>) {
          onBytes(chunk.length);
          const fresh = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          offset += fresh.length;
          if (fresh.length > 0) yield fresh;
        }
        if (offset === 0)
          throw new GatewayError(
            'UPSTREAM_FILE_CORRUPT',
            `${capitalize(subject)} is empty, which no part of an export is.`,
            { retryable: true },
          );
        return;
      } catch (error) {
        const failure = toTransportError(error, subject, signal);
        if (etag === undefined || offset === 0) throw failure;
        await retries.pause(failure, signal);
      }
    }
  }

  return {
    open,
    readFirstBytes: async (file, { signal }) => {
      const { response, isPending } = await ask(file, { range: `bytes=0-${OPENING_BYTES - 1}` }, signal);
      if (isPending) return { bytes: Buffer.alloc(0), sizeBytes: null, isPending };
      try {
        const { bytes } = await readBounded(response.body, OPENING_BYTES);
        return { bytes, sizeBytes: findSize(response), isPending };
      } catch (error) {
        throw toTransportError(error, describeFile(file), signal);
      }
    },
  };
}

/** A file for messages and logs: its name and host, never the query that grants access. */
export function describeFile({ url }: ExportFile): string {
  return `the export file ${url.pathname.split('/').at(-1) ?? ''} at ${url.host}`;
}

/** How many bytes of the answer to a ranged request were delivered already: none, or all when the range was ignored. */
function bytesToSkip(
  response: Dispatcher.ResponseData,
  offset: number,
  etag: string,
  subject: string,
): number {
  if (response.statusCode === 206) {
    const start = /^bytes (\d+)-/.exec(singleHeader(response.headers['content-range']) ?? '')?.[1];
    if (Number(start) === offset) return 0;
  } else if (findStrongEtag(response) === etag) {
    return offset;
  }
  discard(response);
  throw new GatewayError(
    'UPSTREAM_FILE_CORRUPT',
    `${capitalize(subject)} changed while it was read. The next refresh reads it anew.`,
  );
}

/** Gives a body up unread; without a listener the stream's own complaint would end the process. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => {}).destroy();
}

function findStrongEtag(response: Dispatcher.ResponseData): string | undefined {
  const etag = singleHeader(response.headers.etag);
  return etag === undefined || etag === '' || etag.startsWith('W/') ? undefined : etag;
}

function findSize(response: Dispatcher.ResponseData): number | null {
  const total = /\/(\d+)$/.exec(singleHeader(response.headers['content-range']) ?? '')?.[1];
  const size =
    total ?? (response.statusCode === 200 ? singleHeader(response.headers['content-length']) : undefined);
  return size === undefined ? null : Number(size);
}

function notReady(message: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_FILE_NOT_READY',
    `${capitalize(message)} The next refresh asks for the files anew.`,
    { retryable: true },
  );
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
