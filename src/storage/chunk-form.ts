/**
 * The stored form of a chunk: a header that says how the payload is to be read, and the payload.
 *
 *    0  u32  "CGC2": this form, in its second version
 *    4  u32  codec of the payload: 0 the bytes as they are, 1 Zstandard (RFC 8878)
 *    8  u32  length of the chunk in bytes, at most CHUNK_BYTES
 *   12  u32  CRC-32 (RFC 1952) of everything else, the header's first 12 bytes and the payload
 *   16       the payload
 *
 * Numbers are little-endian. Whatever differs from what was written is told: the checksum finds damage before
 * anything is made of it, and the digest of the chunk has the last word. Compressing and inflating happen in
 * the thread pool, slice by slice: no call holds the event loop longer than it takes to check the stored form
 * or hash one slice, nor more memory than a slice and the decoder's window, which is no longer than a chunk,
 * beside the chunk and its stored form, whatever the payload claims to hold.
 */

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { constants, crc32, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { findGatewayError } from '../core/errors.ts';
import { releaseMemory } from '../core/memory.ts';
import { KIBIBYTE } from '../core/units.ts';
import { CHUNK_BYTES } from '../snapshot/format.ts';
import { storeCorrupt } from './store-errors.ts';

/** Length of the header in bytes. */
export const HEADER_BYTES = 16;

/** Length of the longest stored form in bytes: of a chunk that does not shrink. */
export const LONGEST_FORM_BYTES = HEADER_BYTES + CHUNK_BYTES;

/** What a header says; `payload` is a view on the stored bytes. */
export interface StoredForm {
  readonly codec: number;
  /** Length of the chunk itself, in bytes; 0 to `CHUNK_BYTES`. */
  readonly sizeBytes: number;
  readonly payload: Uint8Array;
}

const MAGIC = 0x32_43_47_43;
const CODEC_PLAIN = 0;
const CODEC_ZSTANDARD = 1;
const CHECKED_HEADER_BYTES = 12;

/**
 * The fastest level but those that hardly compress: over the segments of one and of ten million installations,
 * level 3 takes half as long again to save 1 to 3 % of the bytes (docs/adr/0014-compressed-chunks.md).
 */
const LEVEL = 1;

/** A slice crosses into the thread pool and back in well under a millisecond; hashing one takes about 0.3 ms. */
const SLICE_BYTES = 512 * KIBIBYTE;

/** No payload can make the decoder hold more than a chunk: 2 ^ 23 bytes is CHUNK_BYTES. */
const LONGEST_WINDOW_LOG = 23;

/** The chunk in its stored form: compressed, or as it is when that does not make it smaller. Linear. */
export async function encodeChunk(bytes: Uint8Array): Promise<Uint8Array> {
  const compressed = await compress(bytes);
  const payload = compressed ?? [bytes];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(compressed === undefined ? CODEC_PLAIN : CODEC_ZSTANDARD, 4);
  header.writeUInt32LE(bytes.length, 8);
  let checksum = crc32(header.subarray(0, CHECKED_HEADER_BYTES));
  for (const piece of payload) checksum = crc32(piece, checksum);
  header.writeUInt32LE(checksum, CHECKED_HEADER_BYTES);
  return Buffer.concat([header, ...payload]);
}

/** Whether stored bytes begin like this form, in a version and codec that can be read. At least the header. */
export function isReadableForm(start: Uint8Array): boolean {
  return start.length >= HEADER_BYTES && findFault(toView(start)) === undefined;
}

/**
 * Takes stored bytes apart; the payload is checked for damage, not yet inflated. Linear.
 *
 * @throws GatewayError `STORE_CORRUPT` unless they are what {@link encodeChunk} made
 */
export function parseStoredForm(digest: string, stored: Uint8Array): StoredForm {
  if (stored.length < HEADER_BYTES) throw chunkCorrupt(digest, 'it ends early');
  const header = toView(stored);
  const fault = findFault(header);
  if (fault !== undefined) throw chunkCorrupt(digest, fault);
  const payload = stored.subarray(HEADER_BYTES);
  const checksum = crc32(payload, crc32(stored.subarray(0, CHECKED_HEADER_BYTES)));
  if (checksum !== header.getUint32(CHECKED_HEADER_BYTES, true))
    throw chunkCorrupt(digest, 'its checksum differs');
  return { codec: header.getUint32(4, true), sizeBytes: header.getUint32(8, true), payload };
}

/**
 * Inflates the payload into `target`, which may be shared memory, and verifies that it is the chunk. One pass,
 * slice by slice; it stops at the first byte for which `target` has no room.
 *
 * @throws GatewayError `STORE_CORRUPT` unless the bytes fill `target` and are those of the digest; `target`
 *   then holds anything
 */
export async function decodeChunk(digest: string, form: StoredForm, target: Uint8Array): Promise<void> {
  if (form.sizeBytes !== target.length)
    throw chunkCorrupt(digest, `it has ${form.sizeBytes} bytes, not ${target.length}`);
  const hash = createHash('sha256');
  let offset = 0;
  for await (const slice of inflate(digest, form)) {
    if (offset + slice.length > target.length) throw chunkCorrupt(digest, 'it holds more bytes than it says');
    target.set(slice, offset);
    hash.update(slice);
    offset += slice.length;
  }
  if (offset !== target.length) throw chunkCorrupt(digest, 'it holds fewer bytes than it says');
  if (hash.digest('hex') !== digest) throw chunkCorrupt(digest, 'its digest differs');
}

/**
 * Gives bytes back at once, unless they are a part of something larger. Left to the collector, a load would gather a
 * hundred megabytes of them, and spend a quarter more time.
 */
export function releaseBytes(bytes: Uint8Array): void {
  if (bytes.buffer.byteLength === bytes.byteLength) releaseMemory(bytes);
}

/** `STORE_CORRUPT` about one chunk. */
export function chunkCorrupt(digest: string, finding: string, cause?: unknown): Error {
  return storeCorrupt(`The stored chunk ${digest.slice(0, 12)}…`, finding, cause);
}

/** The pieces of the compressed chunk; `undefined` when together they are no shorter than the chunk. */
async function compress(bytes: Uint8Array): Promise<readonly Uint8Array[] | undefined> {
  const encoder = createZstdCompress({
    chunkSize: SLICE_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });
  encoder.end(bytes);
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of encoder as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes >= bytes.length) return undefined;
    pieces.push(piece);
  }
  return pieces;
}

/** The bytes of the chunk, slice after slice; one may be gone when the next is asked for. */
async function* inflate(digest: string, { codec, payload }: StoredForm): AsyncGenerator<Uint8Array, void> {
  if (codec === CODEC_PLAIN) {
    for (let start = 0; start < payload.length; start += SLICE_BYTES) {
      yield payload.subarray(start, start + SLICE_BYTES);
      await setImmediate();
    }
    return;
  }
  const decoder = createZstdDecompress({
    chunkSize: SLICE_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: LONGEST_WINDOW_LOG },
  });
  decoder.end(payload);
  try {
    for await (const slice of decoder as AsyncIterable<Uint8Array>) {
      yield slice;
      releaseBytes(slice);
    }
  } catch (error) {
    throw findGatewayError(error) ?? chunkCorrupt(digest, 'it cannot be inflated', error);
  }
}

/** Why a header cannot be read; `undefined` when it can. */
function findFault(header: DataView): string | undefined {
  if (header.getUint32(0, true) !== MAGIC) return 'it does not begin like a chunk';
  const codec = header.getUint32(4, true);
  if (codec !== CODEC_PLAIN && codec !== CODEC_ZSTANDARD) return `its codec is ${codec}`;
  const sizeBytes = header.getUint32(8, true);
  return sizeBytes > CHUNK_BYTES ? `it says to have ${sizeBytes} bytes` : undefined;
}

function toView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
}
