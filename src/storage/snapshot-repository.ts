/**
 * Keeps snapshots: the current one and the one before it, for one tenant and API; and aside of them the newest that was
 * refused (`refused-snapshots.ts`).
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
import { type EncodedSnapshot, FORMAT_VERSION, type SnapshotManifest } from '../snapshot/format.ts';
import { createLock, forEachConcurrently } from './concurrency.ts';
import { createRefusedEntries, type RefusalReport } from './refused-entries.ts';
import {
  createRefusedSnapshots,
  isNewer,
  type PublishApprovedOptions,
  type RefusedSnapshot,
  type SnapshotAge,
} from './refused-snapshots.ts';
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
   * Makes the snapshot the current one, and the current one the previous one; what was kept aside is forgotten unless it
   * is newer. One pass over the bytes, in slices of a few milliseconds; chunks that are stored already are neither
   * compressed nor written again, the others are compressed in the thread pool, a few at a time. What interrupted saves
   * left behind is removed before, and when it fails, what it wrote is removed again as far as the store allows, so that
   * neither failing nor being killed again and again fills the store.
   *
   * @param signal stops between two chunks, with the signal's reason; the old snapshot stays current
   */
  save(snapshot: EncodedSnapshot, signal?: AbortSignal): Promise<void>;
  /**
   * Saves what could not be saved when it was published, unless another gateway that shares the store has saved something
   * newer meanwhile.
   */
  saveLate(snapshot: EncodedSnapshot, signal?: AbortSignal): Promise<void>;
  /**
   * The current snapshot; when that is damaged or cannot be read, the one before it; `undefined` when there is none
   * to restore. Why one was passed over is in the log. One pass over the bytes, in slices of a millisecond; memory
   * beside the segments does not grow with them.
   */
  load(): Promise<EncodedSnapshot | undefined>;
  /**
   * Keeps a refused snapshot aside with its report, in the place of the one that was kept before. Costs and leaves behind
   * what a save does. The current snapshot stays.
   */
  keepRefused(snapshot: EncodedSnapshot, report: RefusalReport, signal?: AbortSignal): Promise<void>;
  /** The one kept aside; `undefined` when there is none that could be published, or, logged, it is damaged. */
  findRefused(): Promise<RefusedSnapshot | undefined>;
  /**
   * Lets a gateway publish the one kept aside, as long as it is this one. One small entry is written, whole or not at
   * all, and nothing else: it may be done from another process, on disk too.
   *
   * @param digest of the {@link RefusedSnapshot}
   */
  approveRefused(digest: string): Promise<void>;
  /**
   * Whether {@link publishApproved} has something to publish: an approved snapshot that is newer than the served one.
   * Reads a few small entries.
   *
   * @returns a name for the approval, another one when it is given again
   */
  findApproved(served: SnapshotAge | null): Promise<string | undefined>;
  /**
   * Makes the approved snapshot the current one, under the revision and time given, and returns it. Where a gateway that
   * shares the store has done so already, it returns that one; its revision is the one given or greater. `undefined` when
   * there is nothing to publish, or, logged, nothing that can be: an approval that has become void is removed.
   */
  publishApproved(
    options: PublishApprovedOptions,
    signal?: AbortSignal,
  ): Promise<EncodedSnapshot | undefined>;
  /**
   * Removes every chunk that no current, previous or refused snapshot in the store needs, whosever they are, and what
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
  const entries = createRefusedEntries({ store, tenantId, apiUrl, log, onDamage });
  const refused = createRefusedSnapshots({
    chunks,
    pointers,
    entries,
    log,
    onDamage,
    write,
    loadOne,
    removeLeftovers,
  });
  const inTurn = createLock();

  async function save(snapshot: EncodedSnapshot, signal: AbortSignal | undefined): Promise<void> {
    await write(snapshot, signal, async (digest) => {
      const before = await pointers.read();
      const previous = before?.current === digest ? before.previous : (before?.current ?? null);
      await pointers.write({ current: digest, previous });
    });
    await refused.forgetUpTo(snapshot.manifest);
  }

  async function isCurrentNewerThan(manifest: SnapshotManifest): Promise<boolean> {
    const pointer = await pointers.read();
    if (pointer === undefined) return false;
    try {
      return isNewer((await readDocument(chunks, pointer.current)).manifest, manifest);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return false;
    }
  }

  /** Writes what is not there yet, then calls `name`, which names it: until then it is safe from other gateways. */
  async function write(
    snapshot: EncodedSnapshot,
    signal: AbortSignal | undefined,
    name: (digest: string) => Promise<void>,
  ): Promise<void> {
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
    signal?.throwIfAborted();
    await name(digest);
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
    for (const digest of [...(await pointers.listDocuments()), ...(await entries.listDocuments())]) {
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

  /** In turn; a failure leaves nothing behind. */
  async function writing<Result>(
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return await inTurn(async () => {
      try {
        return await work();
      } catch (error) {
        // Whoever stops is in a hurry, and what is left the next save that goes through prunes.
        if (!signal?.aborted) await removeLeftovers();
        throw error;
      }
    });
  }

  return {
    save: (snapshot, signal) => writing(signal, () => save(snapshot, signal)),
    saveLate: (snapshot, signal) =>
      writing(signal, async () => {
        if (!(await isCurrentNewerThan(snapshot.manifest))) await save(snapshot, signal);
      }),
    load: () => inTurn(load),
    keepRefused: (snapshot, report, signal) => writing(signal, () => refused.keep(snapshot, report, signal)),
    findRefused: () => inTurn(refused.find),
    approveRefused: (digest) => inTurn(() => refused.approve(digest, clock.now())),
    findApproved: (served) => inTurn(() => refused.findApproved(served)),
    publishApproved: (options, signal) => writing(signal, () => refused.publishApproved(options, signal)),
    prune: () => inTurn(() => prune()),
  };
}
