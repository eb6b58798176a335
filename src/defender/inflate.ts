/**
 * A body as its plain bytes, whatever it is wrapped in: gzip is told by its magic bytes, never by headers or
 * by a `.gz` at the end of a name, since export files are raw gzip without Content-Encoding and may as well
 * be plain text under the same name.
 *
 * Several gzip members in a row are one body. A member that ends early or fails its checksum throws. What is
 * held at any time is a chunk.
 */

import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { releaseMemory } from '../core/memory.ts';
import { MEBIBYTE } from '../core/units.ts';

export interface InflateLimits {
  /** Most plain bytes that come out. Default 16 GiB: ten times the largest file that has been heard of. */
  readonly maximumBytes?: number;
  /** Most plain bytes for each byte that came in, once 64 MiB are out. Default 300; records of a fleet make 10 to 50. */
  readonly maximumRatio?: number;
}

/** Why a body could not be inflated. */
export type InflateProblem = 'TRUNCATED' | 'CORRUPT' | 'TOO_LARGE';

/** Thrown by {@link inflate}; the caller knows what the body was and says so. */
export class InflateError extends Error {
  override readonly name = 'InflateError';
  readonly problem: InflateProblem;

  constructor(problem: InflateProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

const GIBIBYTE = 1_024 * MEBIBYTE;
const DEFAULT_MAXIMUM_BYTES = 16 * GIBIBYTE;
const DEFAULT_MAXIMUM_RATIO = 300;
/** Under this a ratio says nothing: a small file of equal lines may shrink a thousandfold. */
const RATIO_FROM_BYTES = 64 * MEBIBYTE;
/** Large output chunks cost fewer crossings into zlib: half the processor time of the default of 16 KiB. */
const CHUNK_BYTES = MEBIBYTE;

/**
 * The plain bytes of `source`; a chunk is valid until the next one is asked for. Throws {@link InflateError}, or what the
 * source throws.
 */
export async function* inflate(
  source: AsyncIterable<Buffer>,
  limits: InflateLimits = {},
): AsyncGenerator<Buffer> {
  const counted = { bytes: 0 };
  const iterator = countBytes(source, counted)[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  const whole = chain(head, iterator);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole;
    return;
  }
  yield* gunzip(whole, counted, limits);
}

async function* gunzip(
  source: AsyncIterable<Buffer>,
  counted: { readonly bytes: number },
  limits: InflateLimits,
): AsyncGenerator<Buffer> {
  const maximumBytes = limits.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  const maximumRatio = limits.maximumRatio ?? DEFAULT_MAXIMUM_RATIO;
  const stream = pipeline(
    Readable.from(source, { objectMode: true, highWaterMark: 1 }),
    createGunzip({ chunkSize: CHUNK_BYTES }),
    ignoreError,
  );
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maximumBytes)
        throw new InflateError('TOO_LARGE', `more than ${maximumBytes} bytes when inflated`);
      if (size > RATIO_FROM_BYTES && size > counted.bytes * maximumRatio) {
        throw new InflateError('TOO_LARGE', `more than ${maximumRatio} times its size when inflated`);
      }
      yield chunk;
      // The last of several chunks that share a buffer. Left to the collector, the bytes that went by would set it off
      // again and again: a quarter of the processor time of a refresh.
      if (chunk.byteOffset + chunk.length === chunk.buffer.byteLength) releaseMemory(chunk);
    }
  } catch (error) {
    throw toInflateError(error);
  }
}

/** The stream's own iterator rejects with the same error; `pipeline` only wants somebody to take it. */
function ignoreError(): void {}

function toInflateError(error: unknown): unknown {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (code === 'Z_BUF_ERROR') return new InflateError('TRUNCATED', 'the gzip data ends early', error);
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new InflateError('CORRUPT', `the gzip data is corrupt: ${(error as Error).message}`, error);
  }
  return error;
}

async function* countBytes(
  source: AsyncIterable<Buffer>,
  counted: { bytes: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    counted.bytes += chunk.length;
    if (chunk.length > 0) yield chunk;
  }
}

/** At least the two magic bytes, or all there is. */
async function readHead(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await iterator.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* chain(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
