/**
 * A body as its plain bytes, whatever it is wrapped in: gzip is told by its magic bytes, never by headers or
 * by a `.gz` at the end of a name, since export files are raw gzip without Content-Encoding and may as well
 * be plain text under the same name.
 *
 * Several gzip members in a row are one body, and zeros behind the last are padding, as gzip(1) has it. A member that ends
 * early or fails its checksum throws, and so does anything else behind a member: it may be what is left of another one, whose
 * records must not go missing. The source is always read to its end, so that it can check itself. What is held at any time
 * is a few chunks.
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

/** First bytes of a gzip member (RFC 1952 section 2.3.1). */
const MAGIC = [0x1f, 0x8b] as const;
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
  const iterator = source[Symbol.asyncIterator]();
  const feed = createFeed(iterator);
  try {
    const head = await readHead(feed);
    feed.putBack(head);
    if (head[0] !== MAGIC[0]) yield* feed.rest(0);
    else if (head.length === 1) throw new InflateError('TRUNCATED', 'the gzip data ends early');
    else if (head[1] === MAGIC[1]) yield* gunzip(feed, limits);
    else throw new InflateError('CORRUPT', 'it begins like gzip data and is none');
  } finally {
    // Not waited for: a source that stalls ends when it stalls no longer, and whoever gives up wants to go on.
    Promise.resolve(iterator.return?.()).catch(ignoreError);
  }
}

async function* gunzip(feed: Feed, limits: InflateLimits): AsyncGenerator<Buffer> {
  const maximumBytes = limits.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  const maximumRatio = limits.maximumRatio ?? DEFAULT_MAXIMUM_RATIO;
  const engine = createGunzip({ chunkSize: CHUNK_BYTES });
  const chunks = feed.chunks(() => engine.bytesWritten);
  const stream = pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), engine, ignoreError);
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maximumBytes)
        throw new InflateError('TOO_LARGE', `more than ${maximumBytes} bytes when inflated`);
      if (size > RATIO_FROM_BYTES && size > feed.sizeBytes * maximumRatio) {
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
  // Ends what may still be asking for the next chunk, which nobody else may do meanwhile.
  await chunks.return();
  await requirePadding(feed, engine.bytesWritten);
}

/** zlib stops at a zero behind a member, whatever follows. */
async function requirePadding(feed: Feed, consumedBytes: number): Promise<void> {
  for await (const chunk of feed.rest(consumedBytes)) {
    if (chunk.some((byte) => byte !== 0))
      throw new InflateError('CORRUPT', 'the gzip data is followed by something else');
  }
}

/** The chunks of a source, kept until it is known that they were used. */
interface Feed {
  /** Bytes given out so far. */
  readonly sizeBytes: number;
  /** The next bytes, or `undefined` at the end. */
  take(): Promise<Buffer | undefined>;
  /** Makes the only bytes that were taken so far the next ones again. */
  putBack(bytes: Buffer): void;
  /** @param countUsed bytes that were used so far */
  chunks(countUsed: () => number): AsyncGenerator<Buffer, void, void>;
  /** What was not used. `chunks` must have ended. */
  rest(usedBytes: number): AsyncGenerator<Buffer, void, void>;
}

function createFeed(iterator: AsyncIterator<Buffer>): Feed {
  const kept: { readonly endBytes: number; readonly chunk: Buffer }[] = [];
  let next: Buffer | undefined;
  let failure: { readonly error: unknown } | undefined;
  let sizeBytes = 0;

  async function take(): Promise<Buffer | undefined> {
    const ready = next;
    next = undefined;
    if (ready !== undefined) return ready;
    // What was thrown to zlib, which had stopped listening, must not look like the end to whoever reads on.
    if (failure !== undefined) throw failure.error;
    try {
      const step = await iterator.next();
      return step.done === true ? undefined : step.value;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    take,
    putBack: (bytes) => {
      next = bytes;
    },
    chunks: async function* (countUsed) {
      for (let chunk = await take(); chunk !== undefined; chunk = await take()) {
        while (kept[0] !== undefined && kept[0].endBytes <= countUsed()) kept.shift();
        sizeBytes += chunk.length;
        kept.push({ endBytes: sizeBytes, chunk });
        if (chunk.length > 0) yield chunk;
      }
    },
    rest: async function* (usedBytes) {
      for (const { endBytes, chunk } of kept) {
        const unused = Math.min(endBytes - usedBytes, chunk.length);
        if (unused > 0) yield chunk.subarray(chunk.length - unused);
      }
      for (let chunk = await take(); chunk !== undefined; chunk = await take()) {
        if (chunk.length > 0) yield chunk;
      }
    },
  };
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

/** At least the two magic bytes, or all there is. */
async function readHead(feed: Feed): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC.length) {
    const chunk = await feed.take();
    if (chunk === undefined) break;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
  }
  return head;
}
