/**
 * Snapshots that a validator has refused: the newest is kept aside, to be looked at and, if an operator says so, published.
 *
 *   keep ──► kept aside ──► approve (the operator) ──► publish (a gateway, with its next run) ──► current
 *                │                                                        a later save ──► gone
 *
 * What is kept aside is never restored. What is published is what was approved, bit for bit, under a new revision; and
 * never in the place of something newer. Gateways that share the store each take an approved snapshot over once: the first
 * from where it was kept, the others from where the first has published it.
 */

import { findGatewayError, type GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import {
  type EncodedSnapshot,
  FORMAT_VERSION,
  type SnapshotManifest,
  sealManifest,
} from '../snapshot/format.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { RefusalReport, RefusedEntries } from './refused-entries.ts';
import { readDocument } from './snapshot-document.ts';
import type { SnapshotPointers } from './snapshot-pointers.ts';
import { isCorrupt } from './store-errors.ts';

/** A snapshot that is kept aside. */
export interface RefusedSnapshot {
  /** Names it: the digest of its document. */
  readonly digest: string;
  readonly manifest: SnapshotManifest;
  readonly report: RefusalReport;
  /** When an operator said that it may be published, which no gateway has done yet; `null`: nobody has. */
  readonly approvedAtMs: number | null;
}

/** What tells which of two snapshots is the newer one; a manifest is one. */
export type SnapshotAge = Pick<SnapshotManifest, 'generatedAtMs' | 'publishedAtMs'>;

export interface PublishApprovedOptions {
  /** What the gateway serves now; `null`: nothing. */
  readonly served: SnapshotAge | null;
  /** The revision to publish under. */
  readonly revision: number;
  /** Now, epoch milliseconds. */
  readonly publishedAtMs: number;
}

/** Every function rejects with `STORE_UNAVAILABLE` when the store cannot be reached or refuses. */
export interface RefusedSnapshots {
  keep(snapshot: EncodedSnapshot, report: RefusalReport, signal?: AbortSignal): Promise<void>;
  find(): Promise<RefusedSnapshot | undefined>;
  approve(digest: string, approvedAtMs: number): Promise<void>;
  findApproved(served: SnapshotAge | null): Promise<string | undefined>;
  publishApproved(
    options: PublishApprovedOptions,
    signal?: AbortSignal,
  ): Promise<EncodedSnapshot | undefined>;
  /**
   * Forgets the one kept aside unless it is newer than what was published: something may be stored late. Never rejects: what
   * cannot be forgotten is older than what is current, and of no effect.
   */
  forgetUpTo(published: SnapshotAge): Promise<void>;
}

/** What the repository lends. */
export interface RepositoryParts {
  readonly chunks: ChunkStore;
  readonly pointers: SnapshotPointers;
  readonly entries: RefusedEntries;
  readonly log: Logger;
  /** Told of everything stored that is found damaged, beside the log. */
  readonly onDamage: (error: GatewayError) => void;
  /** Writes chunks and document, then calls `name` with the document's digest while they are safe from pruning. */
  write(
    snapshot: EncodedSnapshot,
    signal: AbortSignal | undefined,
    name: (digest: string) => Promise<void>,
  ): Promise<void>;
  /** A stored snapshot; `undefined`, logged, when it cannot be used. */
  loadOne(digest: string): Promise<EncodedSnapshot | undefined>;
  /** Removes what nothing names any more. Never rejects. */
  removeLeftovers(): Promise<void>;
}

interface Found {
  /** Of the approval, or of the publication that followed from it. */
  readonly name: string;
  /** Whether it was published already, by a gateway that shares the store. */
  readonly isPublished: boolean;
  readonly digest: string;
}

export function createRefusedSnapshots(parts: RepositoryParts): RefusedSnapshots {
  const { chunks, pointers, entries, log, onDamage, write, loadOne, removeLeftovers } = parts;

  async function find(): Promise<RefusedSnapshot | undefined> {
    const entry = await entries.read();
    // Published already: a process that has ended could not forget it.
    if (entry === undefined || (await pointers.read())?.approved === entry.digest) return undefined;
    const manifest = await findManifest(entry.digest);
    if (manifest === undefined) return undefined;
    const approval = await entries.readApproval();
    const approvedAtMs = approval?.digest === entry.digest ? approval.approvedAtMs : null;
    return { digest: entry.digest, manifest, report: entry.report, approvedAtMs };
  }

  async function findManifest(digest: string): Promise<SnapshotManifest | undefined> {
    try {
      const { manifest } = await readDocument(chunks, digest);
      return manifest.formatVersion === FORMAT_VERSION ? manifest : undefined;
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      log.error(
        { code: error.code, document: digest, err: error },
        'a stored snapshot is damaged: it cannot be published',
      );
      onDamage(error);
      return undefined;
    }
  }

  async function findApproved(served: SnapshotAge | null): Promise<Found | undefined> {
    const approval = await entries.readApproval();
    const pointer = await pointers.read();
    if (approval !== undefined && pointer?.approved !== approval.digest) {
      const entry = await entries.read();
      const isKept = entry?.digest === approval.digest;
      const manifest = isKept ? await findManifest(approval.digest) : undefined;
      if (manifest !== undefined && isNewer(manifest, served))
        return {
          isPublished: false,
          digest: approval.digest,
          name: `${approval.digest} ${approval.approvedAtMs}`,
        };
    }
    if (pointer?.approved === undefined) return undefined;
    const manifest = await findManifest(pointer.current);
    return manifest !== undefined && isNewer(manifest, served)
      ? { isPublished: true, digest: pointer.current, name: pointer.current }
      : undefined;
  }

  async function publishApproved(
    { served, revision, publishedAtMs }: PublishApprovedOptions,
    signal: AbortSignal | undefined,
  ): Promise<EncodedSnapshot | undefined> {
    const found = await findApproved(served);
    if (found === undefined) {
      await dropVoidApproval();
      return undefined;
    }
    const stored = await loadOne(found.digest);
    if (found.isPublished) {
      if (stored === undefined) return undefined;
      log.info(
        { event: 'approved_snapshot_taken_over' },
        'a snapshot that another gateway published is served',
      );
      return stored.manifest.revision >= revision ? stored : renumber(stored, { revision });
    }
    if (stored === undefined) {
      await forget();
      return undefined;
    }
    const snapshot = renumber(stored, { revision, publishedAtMs });
    await write(snapshot, signal, async (digest) => {
      const before = await pointers.read();
      await pointers.write({ current: digest, previous: before?.current ?? null, approved: found.digest });
    });
    log.warn(
      { event: 'approved_snapshot_published', revision },
      'a snapshot that was refused is published, as an operator asked',
    );
    await forget();
    return snapshot;
  }

  /** Of an approval that nothing can come of: what it names is published, is damaged, or is not kept any more. */
  async function dropVoidApproval(): Promise<void> {
    const approval = await entries.readApproval();
    if (approval === undefined) return;
    const isKept = (await entries.read())?.digest === approval.digest;
    const isPublished = (await pointers.read())?.approved === approval.digest;
    if (isKept && !isPublished && (await findManifest(approval.digest)) !== undefined) return;
    if (!isPublished) {
      log.warn(
        { event: 'approval_void', ...approval },
        'the snapshot that was approved is not kept aside any more, or is damaged: the approval is dropped',
      );
    }
    await (isKept ? forget() : entries.removeApproval());
  }

  async function forgetUpTo(published: SnapshotAge): Promise<void> {
    try {
      const entry = await entries.read();
      const manifest = entry && (await findManifest(entry.digest));
      if (manifest === undefined || !isNewer(manifest, published)) await entries.clear();
    } catch (error) {
      sayKept(error);
    }
  }

  async function forget(): Promise<void> {
    await entries.clear().catch(sayKept);
  }

  function sayKept(error: unknown): void {
    log.warn(
      { code: findGatewayError(error)?.code, err: error },
      'the refused snapshot that was kept aside cannot be removed yet',
    );
  }

  return {
    keep: async (snapshot, report, signal) => {
      await write(snapshot, signal, (digest) => entries.write({ digest, report }));
      // The one that was kept before is named by nothing now.
      await removeLeftovers();
    },
    find,
    approve: (digest, approvedAtMs) => entries.writeApproval({ digest, approvedAtMs }),
    findApproved: async (served) => (await findApproved(served))?.name,
    publishApproved,
    forgetUpTo,
  };
}

function renumber(
  { manifest, segments }: EncodedSnapshot,
  changes: { readonly revision: number; readonly publishedAtMs?: number },
): EncodedSnapshot {
  const { id: _, ...facts } = manifest;
  return { manifest: sealManifest({ ...facts, ...changes }), segments };
}

/** By when Defender generated them; where it did not say, by when the gateway made them. */
export function isNewer(candidate: SnapshotAge, served: SnapshotAge | null): boolean {
  if (served === null) return true;
  return candidate.generatedAtMs !== null && served.generatedAtMs !== null
    ? candidate.generatedAtMs > served.generatedAtMs
    : candidate.publishedAtMs > served.publishedAtMs;
}
