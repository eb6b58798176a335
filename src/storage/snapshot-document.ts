/**
 * A snapshot as chunks: its segments cut into pieces of 8 MiB, and one document that holds the manifest
 * and says which chunks make up which segment. The document is a chunk itself, named by its digest.
 */

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { invariant } from '../core/errors.ts';
import { CHUNK_BYTES, type EncodedSnapshot, type SnapshotManifest } from '../snapshot/format.ts';
import { type ChunkStore, digestChunk } from './chunk-store.ts';
import { forEachConcurrently } from './concurrency.ts';
import { isCorrupt, storeCorrupt } from './store-errors.ts';

export interface SnapshotDocument {
  readonly manifest: SnapshotManifest;
  /** Digests of the chunks of each segment, in order. */
  readonly chunks: Readonly<Record<string, readonly string[]>>;
}

/** A snapshot ready to be stored. */
export interface ChunkedSnapshot {
  /** Digest of the document. */
  readonly digest: string;
  /** Every chunk by its digest, the document last; views on the snapshot's own memory. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

/**
 * Chunks read at once: as many as the thread pool has threads by default, so that some are inflated while others
 * come from the disk or the link. At most 32 MiB of stored forms at once, typically a third of that.
 */
const CONCURRENT_READS = 4;

/**
 * Cuts a snapshot into chunks. One pass over the bytes, which gives way to other work after each chunk.
 *
 * @throws GatewayError `INVARIANT_VIOLATED` when the bytes are not those that the manifest describes
 */
export async function cutSnapshot({ manifest, segments }: EncodedSnapshot): Promise<ChunkedSnapshot> {
  const chunks = new Map<string, Uint8Array>();
  const digestsOf: Record<string, string[]> = {};
  for (const { name, byteLength, sha256 } of manifest.segments) {
    const buffer = segments.get(name);
    invariant(
      buffer?.byteLength === byteLength,
      `Segment ${name} must be there with its ${byteLength} bytes.`,
    );
    const digests: string[] = [];
    for (let start = 0; start < byteLength; start += CHUNK_BYTES) {
      const bytes = new Uint8Array(buffer, start, Math.min(CHUNK_BYTES, byteLength - start));
      const digest = digestChunk(bytes);
      digests.push(digest);
      chunks.set(digest, bytes);
      await setImmediate();
    }
    invariant(digestOfDigests(digests) === sha256, `Segment ${name} must have the digest of its manifest.`);
    digestsOf[name] = digests;
  }
  const document: SnapshotDocument = { manifest, chunks: digestsOf };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const digest = digestChunk(bytes);
  chunks.set(digest, bytes);
  return { digest, chunks };
}

/** The document of a stored snapshot. @throws GatewayError `STORE_CORRUPT` when it is damaged or missing */
export async function readDocument(store: ChunkStore, digest: string): Promise<SnapshotDocument> {
  return await droppingDamaged(store, digest, async () => {
    const bytes = await store.read(digest);
    if (bytes === undefined) throw storeCorrupt('The stored snapshot', 'its document is missing');
    return JSON.parse(new TextDecoder().decode(bytes)) as SnapshotDocument;
  });
}

/**
 * The segments of a stored snapshot, inflated straight into shared memory. Each byte is hashed once: a
 * segment's digest is that of its chunks' digests.
 *
 * @throws GatewayError `STORE_CORRUPT` when a chunk is damaged or missing; a damaged one is removed, so that
 *   the next save writes it anew
 */
export async function readSegments(
  store: ChunkStore,
  { manifest, chunks }: SnapshotDocument,
): Promise<ReadonlyMap<string, SharedArrayBuffer>> {
  const segments = new Map<string, SharedArrayBuffer>();
  const reads: { digest: string; target: Uint8Array }[] = [];
  for (const { name, byteLength, sha256 } of manifest.segments) {
    const digests = chunks[name] ?? [];
    if (digests.length !== Math.ceil(byteLength / CHUNK_BYTES) || digestOfDigests(digests) !== sha256) {
      throw storeCorrupt(`The stored segment ${name}`, 'its digest differs');
    }
    const buffer = new SharedArrayBuffer(byteLength);
    segments.set(name, buffer);
    for (const [index, digest] of digests.entries()) {
      const start = index * CHUNK_BYTES;
      const target = new Uint8Array(buffer, start, Math.min(CHUNK_BYTES, byteLength - start));
      reads.push({ digest, target });
    }
  }
  await forEachConcurrently(reads, CONCURRENT_READS, ({ digest, target }) =>
    droppingDamaged(store, digest, async () => {
      if (!(await store.readInto(digest, target)))
        throw storeCorrupt('The stored snapshot', 'a chunk is missing');
    }),
  );
  return segments;
}

/** SHA-256 over the binary digests, as the manifest has it of each segment. */
function digestOfDigests(digests: readonly string[]): string {
  const whole = createHash('sha256');
  for (const digest of digests) whole.update(digest, 'hex');
  return whole.digest('hex');
}

async function droppingDamaged<Result>(
  store: ChunkStore,
  digest: string,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    // What cannot be removed, on a disk that is read-only, is damaged all the same.
    if (isCorrupt(error)) await store.remove(digest).catch(() => undefined);
    throw error;
  }
}
