/**
 * Keeps snapshots: the current one and the one before it, for one tenant and API.
 *
 *   pointer (a small entry)  →  document (a chunk: manifest, and which chunks make up a segment)  →  chunks
 *
 * A save writes chunks, then the document, then the pointer: whoever stops it at any point leaves the old
 * snapshot current. A load gives back exactly what was saved, verified chunk by chunk, or nothing; it never
 * takes a failure for "nothing there". Snapshots of another tenant, API or format are never restored.
 */

import type { Clock } from '../core/clock.ts';
import { type GatewayError, invariant } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type EncodedSnapshot, FORMAT_VERSION } from '../snapshot/format.ts';
import { createLock, forEachConcurrently } from './concurrency.ts';
import { cutSnapshot, readDocument, readSegments } from './snapshot-document.ts';
import { createSnapshotPointers } from './snapshot-pointers.ts';
import type { Store } from './store.ts';
import { isCorrupt } from './store-errors.ts';

export interface SnapshotRepositoryOptions {
  readonly store: Store;
  readonly tenantId: string;
  /** Base of the API that the snapshots come from. */
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of everything stored that is found damaged, beside the log. */
  readonly onDamage?: (error: GatewayError) => void;
}

/**
 * Every function rejects with `STORE_UNAVAILABLE` when the store cannot be reached or refuses. They may be
 * called at any time: one runs after the other.
 */
export interface SnapshotRepository {
  /**
   * Makes the snapshot the current one, and the current one the previous one. One pass over the bytes, in
   * slices of a few milliseconds; chunks that are stored already are neither compressed nor written again, the
   * others are compressed in the thread pool, a few at a time. What interrupted saves left behind is removed before, and
   * when it fails, what it wrote is removed again as far as the store allows, so that neither failing nor being killed
   * again and again fills the store.
   *
   * @param signal stops between two chunks, with the signal's reason; the old snapshot stays current
   */
  save(snapshot: EncodedSnapshot, signal?: AbortSignal): Promise<void>;
  /**
   * The current snapshot; when that is damaged or cannot be read, the one before it; `undefined` when there is none
   * to restore. Why one was passed over is in the log. One pass over the bytes, in slices of a millisecond; memory
   * beside the segments does not grow with them.
   */
  load(): Promise<EncodedSnapshot | undefined>;
  /**
   * Removes every chunk that no current or previous snapshot in the store needs, whosever they are, and what
   * interrupted writes left behind. On disk it must be the repository that saves which prunes: only where
   * the store is shared do saves of others tell it what they need.
   *
   * @returns how many chunks were removed
   */
  prune(): Promise<number>;
}

/** Chunks written at once: as many as the thread pool has threads by default, to compress and to write. */
const CONCURRENT_WRITES = 4;

interface Written {
  chunks: number;
  storedBytes: number;
}

export function createSnapshotRepository(options: SnapshotRepositoryOptions): SnapshotRepository {
  const { store, tenantId, apiUrl, clock, log, onDamage = () => {} } = options;
  const { chunks } = store;
  const pointers = createSnapshotPointers({ store, tenantId, apiUrl, log, onDamage });
  const inTurn = createLock();

  async function save(snapshot: EncodedSnapshot, signal: AbortSignal | undefined): Promise<void> {
    const { manifest } = snapshot;
    const isOurs = manifest.tenantId === tenantId && manifest.apiUrl === apiUrl;
    invariant(isOurs, 'A snapshot must be of the tenant and API of its repository.');
    const startedAtMs = clock.now();
    const { digest, chunks: needed } = await cutSnapshot(snapshot);
    await using _note = store.isShared ? await pointers.noteSave([...needed.keys()]) : null;
    // What a killed process has written, and this save cannot use, must not pile up from one crash to the next.
    await removeLeftovers(needed.keys());
    const written: Written = { chunks: 0, storedBytes: 0 };
    await writeMissing(needed, written, signal);
    // Another gateway may have pruned a chunk after we saw it, and before it saw our note.
    if (store.isShared) await writeMissing(needed, written, signal);
    const before = await pointers.read();
    const previous = before?.current === digest ? before.previous : (before?.current ?? null);
    signal?.throwIfAborted();
    await pointers.write({ current: digest, previous });
    log.debug(
      {
        chunks: needed.size,
        writtenChunks: written.chunks,
        writtenBytes: written.storedBytes,
        durationMs: clock.now() - startedAtMs,
      },
      'snapshot stored',
    );
  }

  async function writeMissing(
    needed: ReadonlyMap<string, Uint8Array>,
    written: Written,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await forEachConcurrently(needed, CONCURRENT_WRITES, async ([digest, bytes]) => {
      signal?.throwIfAborted();
      if (await chunks.has(digest)) return;
      const storedBytes = await chunks.write(digest, bytes);
      written.storedBytes += storedBytes;
      written.chunks += 1;
    });
  }

  /** A disk that is full would stay full: a later save needs other chunks, and prunes only once it succeeds. */
  async function removeLeftovers(keep?: Iterable<string>): Promise<void> {
    try {
      await prune(keep);
    } catch (error) {
      log.debug({ err: error }, 'what an interrupted save has written cannot be removed yet');
    }
  }

  async function load(): Promise<EncodedSnapshot | undefined> {
    const pointer = await pointers.read();
    if (pointer === undefined) {
      if (await pointers.hasOthers()) {
        log.info({ tenantId, apiUrl }, 'the stored snapshots are of another tenant or API: not restored');
      }
      return undefined;
    }
    let refusal: unknown;
    const current = await loadOne(pointer.current).catch((error: unknown) => {
      refusal = error;
    });
    if (current !== undefined) return current;
    const previous = pointer.previous === null ? undefined : await loadOne(pointer.previous);
    if (refusal !== undefined) {
      // It may be read another time: a bad sector, a file without permission. The pointer stays as it is.
      if (previous === undefined) throw refusal;
      log.error({ err: refusal }, 'the stored snapshot cannot be read: the one before it is restored');
    } else if (previous !== undefined) await makeCurrent(pointer.previous as string);
    else log.warn({ tenantId }, 'none of the stored snapshots can be restored');
    return previous;
  }

  /** So that the next save keeps this snapshot as the previous one, not the damaged one in its place. */
  async function makeCurrent(digest: string): Promise<void> {
    try {
      await pointers.write({ current: digest, previous: null });
    } catch (error) {
      log.warn({ err: error }, 'the pointer to the stored snapshot cannot be written');
    }
  }

  async function loadOne(digest: string): Promise<EncodedSnapshot | undefined> {
    try {
      const startedAtMs = clock.now();
      const document = await readDocument(chunks, digest);
      const { manifest } = document;
      if (manifest.formatVersion !== FORMAT_VERSION) {
        const { formatVersion } = manifest;
        log.info(
          { formatVersion, expected: FORMAT_VERSION },
          'a stored snapshot has another format: not restored',
        );
        return undefined;
      }
      const isOurs = manifest.tenantId === tenantId && manifest.apiUrl === apiUrl;
      invariant(isOurs, 'A stored snapshot must be of the tenant and API of its pointer.');
      const segments = await readSegments(chunks, document);
      log.debug({ snapshot: manifest.id, durationMs: clock.now() - startedAtMs }, 'stored snapshot read');
      return { manifest, segments };
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      log.error(
        { code: error.code, document: digest, err: error },
        'a stored snapshot is damaged: not restored',
      );
      onDamage(error);
      return undefined;
    }
  }

  async function prune(keep: Iterable<string> = []): Promise<number> {
    // What is stored first, what is needed second: a chunk written in between is not in the list.
    const stored = new Set<string>();
    for await (const digest of chunks.list()) stored.add(digest);
    const needed = (await findNeeded()).union(new Set(keep));
    const unneeded = [...stored].filter((digest) => !needed.has(digest));
    await forEachConcurrently(unneeded, CONCURRENT_WRITES, (digest) => chunks.remove(digest));
    const leftovers = await store.removeLeftovers();
    if (unneeded.length + leftovers > 0) log.debug({ chunks: unneeded.length, leftovers }, 'store pruned');
    return unneeded.length;
  }

  async function findNeeded(): Promise<ReadonlySet<string>> {
    const needed = new Set(await pointers.listNotedChunks());
    for (const digest of await pointers.listDocuments()) {
      needed.add(digest);
      try {
        const document = await readDocument(chunks, digest);
        for (const chunk of Object.values(document.chunks).flat()) needed.add(chunk);
      } catch (error) {
        // It can never be restored, so its chunks are needed by nobody.
        if (!isCorrupt(error)) throw error;
      }
    }
    return needed;
  }

  return {
    save: (snapshot, signal) =>
      inTurn(async () => {
        try {
          await save(snapshot, signal);
        } catch (error) {
          // Whoever stops is in a hurry, and what is left the next save that goes through prunes.
          if (!signal?.aborted) await removeLeftovers();
          throw error;
        }
      }),
    load: () => inTurn(load),
    prune: () => inTurn(() => prune()),
  };
}
