/**
 * One refresh from beginning to end, where the work is done: read, build, validate, store.
 *
 * Pure over its ports; runs in a thread that serves nobody, since building takes the processor for as long as it
 * takes. It gives back a validated snapshot, or one that an operator has approved, and publishes nothing. What fails leaves
 * nothing behind but memory to collect: the store is written last.
 */

import { findGatewayError, GatewayError, invariant } from '../core/errors.ts';
import type { SnapshotFacts } from '../snapshot/builder.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import type { RecordSink } from '../snapshot/record.ts';
import { startDeadline } from './deadline.ts';
import { createCancelledError } from './failure.ts';
import type { RefreshJobProgress, RefreshResult, ServedSnapshot } from './refresh-job.ts';
import type { ReadInventory, RefreshSource } from './refresh-source.ts';
import {
  findRefusedExport,
  isNewerThan,
  publishApproved,
  type RefusalContext,
  type RefusedSnapshotStore,
  refuseSnapshot,
} from './refusal.ts';
import { toCandidate, validateSnapshot } from './validation.ts';

/** Takes records, then makes a snapshot of them, once; a `SnapshotBuilder` is one. */
export interface InventoryBuilder extends RecordSink {
  /** Records taken so far, refused ones included. */
  readonly recordsRead: number;
  build(facts: SnapshotFacts): EncodedSnapshot;
}

/** Where snapshots outlive the process. */
export interface SnapshotStore extends RefusedSnapshotStore {
  save(snapshot: EncodedSnapshot, signal: AbortSignal): Promise<void>;
}

export interface RunRefreshOptions<Builder extends InventoryBuilder = InventoryBuilder>
  extends RefusalContext {
  readonly source: RefreshSource<Builder>;
  readonly createBuilder: () => Builder;
  readonly store: SnapshotStore;
  readonly tenantId: string;
  readonly apiUrl: string;
  /** Longest time to read; 0: as long as it takes. Default 0. */
  readonly deadlineMs?: number;
  /** The code of what last made the source wait, for the message of a refresh that has read for too long. */
  readonly findLastFault?: () => string | undefined;
  readonly onProgress: (progress: RefreshJobProgress) => void;
}

/**
 * Runs it. `UNCHANGED` when Defender offers what is served already, or something older: time does not run backwards
 * for whoever reads the graph. Where an operator has approved a snapshot that was refused, it returns that one, and asks
 * nothing upstream.
 *
 * A snapshot that cannot be stored is still a good one: it is returned with its `storeFailure`.
 *
 * @throws {GatewayError} of the source, the builder or the validator; `REFRESH_TIMED_OUT` when it was not read in time;
 *   `REFRESH_CANCELLED` once the signal is aborted
 */
export async function runRefresh<Builder extends InventoryBuilder>(
  options: RunRefreshOptions<Builder>,
): Promise<RefreshResult> {
  try {
    return await refresh(options);
  } catch (error) {
    throw options.signal.aborted ? createCancelledError(error) : error;
  }
}

async function refresh<Builder extends InventoryBuilder>(
  options: RunRefreshOptions<Builder>,
): Promise<RefreshResult> {
  const { clock, previous, nextRevision, tenantId, apiUrl, limits, signal, onProgress } = options;
  const approved = await publishApproved(options);
  if (approved !== undefined) {
    onProgress({ phase: 'PUBLISHING' });
    return { outcome: 'BUILT', snapshot: approved, storeFailure: null };
  }
  const { inventory, filesDone } = await readInTime(options);
  signal.throwIfAborted();
  const { sink, source, generatedAtMs, filesTotal, bytesDownloaded } = inventory;
  if (inventory.outcome === 'UNCHANGED' || isNotNewer(generatedAtMs, previous)) {
    return { outcome: 'UNCHANGED', source, generatedAtMs };
  }
  invariant(sink !== undefined, 'A source that has read the inventory must hand over its sink.');

  onProgress({ phase: 'BUILDING', filesTotal, bytesDownloaded, recordsRead: sink.recordsRead });
  const snapshot = sink.build({
    tenantId,
    apiUrl,
    revision: nextRevision,
    source,
    generatedAtMs,
    publishedAtMs: clock.now(),
  });

  onProgress({ phase: 'VALIDATING' });
  try {
    validateSnapshot(toCandidate(snapshot.manifest, { filesTotal, filesDone }), previous, limits);
  } catch (error) {
    throw await refuseSnapshot(options, snapshot, filesTotal, error);
  }

  onProgress({ phase: 'PUBLISHING' });
  const storeFailure = await store(options, snapshot);
  signal.throwIfAborted();
  return { outcome: 'BUILT', snapshot, storeFailure };
}

interface Reading<Builder extends InventoryBuilder> {
  readonly inventory: ReadInventory<Builder>;
  readonly filesDone: number | null;
}

/** Reads until the deadline. */
async function readInTime<Builder extends InventoryBuilder>(
  options: RunRefreshOptions<Builder>,
): Promise<Reading<Builder>> {
  const { clock, deadlineMs = 0, findLastFault, signal, onProgress } = options;
  let filesDone: number | null = null;
  let filesTotal: number | null = null;
  using deadline = startDeadline({
    clock,
    deadlineMs,
    findReached: () => ({ filesTotal, filesDone, lastFault: findLastFault?.() }),
  });
  try {
    return await readUnlessRefused({
      ...options,
      signal: AbortSignal.any([signal, deadline.signal]),
      onProgress: (progress) => {
        filesDone = progress.filesDone ?? filesDone;
        if (progress.filesTotal !== undefined) filesTotal = progress.filesTotal;
        onProgress(progress);
      },
    });
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  }
}

/** Throws what an export was refused for when Defender offers it again: it is not downloaded twice for the same end. */
async function readUnlessRefused<Builder extends InventoryBuilder>(
  options: RunRefreshOptions<Builder>,
): Promise<Reading<Builder>> {
  const { previous } = options;
  const servedMs = previous?.generatedAtMs ?? null;
  const refused = await findRefusedExport(options);
  const reading = await readInventory(options, refused?.generatedAtMs ?? servedMs);
  const { outcome, generatedAtMs, filesTotal } = reading.inventory;
  if (refused === undefined || outcome === 'READ') return reading;
  if (generatedAtMs === null || !isNewerThan(generatedAtMs, previous)) return reading;
  if (generatedAtMs === refused.generatedAtMs && filesTotal === refused.filesTotal) throw refused.error;
  // Newer than what is served, and not what was refused: another export in between, or more files of the same.
  return await readInventory(options, servedMs);
}

/** Reads through the source, and adds to its progress what the builder has counted. */
async function readInventory<Builder extends InventoryBuilder>(
  { source, createBuilder, signal, onProgress }: RunRefreshOptions<Builder>,
  knownGeneratedAtMs: number | null,
): Promise<Reading<Builder>> {
  let builder: Builder | undefined;
  let filesDone: number | null = null;
  let uncollected = 0;
  onProgress({ phase: 'REQUESTING' });
  const inventory = await source.readInventory({
    createSink: () => {
      builder = createBuilder();
      filesDone = null;
      uncollected = 0;
      return builder;
    },
    signal,
    knownGeneratedAtMs,
    onProgress: ({ recordsUncollected = uncollected, ...progress }) => {
      filesDone = progress.filesDone ?? filesDone;
      uncollected = recordsUncollected;
      onProgress({ ...progress, recordsRead: uncollected + (builder?.recordsRead ?? 0) });
    },
  });
  return { inventory, filesDone };
}

function isNotNewer(generatedAtMs: number | null, previous: ServedSnapshot | null): boolean {
  return generatedAtMs !== null && !isNewerThan(generatedAtMs, previous);
}

async function store(
  { store, signal }: Pick<RunRefreshOptions, 'store' | 'signal'>,
  snapshot: EncodedSnapshot,
): Promise<GatewayError | null> {
  try {
    await store.save(snapshot, signal);
    return null;
  } catch (error) {
    return findGatewayError(error) ?? createUnstoredError(error);
  }
}

function createUnstoredError(cause: unknown): GatewayError {
  return new GatewayError(
    'STORE_UNAVAILABLE',
    'The new snapshot is served but could not be stored, so that a restart will not find it. See the log for the cause.',
    { cause, retryable: true },
  );
}
