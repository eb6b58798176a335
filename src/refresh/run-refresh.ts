/**
 * One refresh from beginning to end, where the work is done: read, build, validate, store.
 *
 * Pure over its ports; runs in a thread that serves nobody, since building takes the processor for as long as it
 * takes. It gives back a validated snapshot and publishes nothing. What fails leaves nothing behind but
 * memory to collect: the store is written last.
 */

import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError, invariant } from '../core/errors.ts';
import type { SnapshotFacts } from '../snapshot/builder.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import type { RecordSink } from '../snapshot/record.ts';
import { startDeadline } from './deadline.ts';
import { createCancelledError } from './failure.ts';
import type { RefreshJobProgress, RefreshResult, ServedSnapshot } from './refresh-job.ts';
import type { ReadInventory, RefreshSource } from './refresh-source.ts';
import { type ValidationLimits, validateSnapshot } from './validation.ts';

/** Takes records, then makes a snapshot of them, once; a `SnapshotBuilder` is one. */
export interface InventoryBuilder extends RecordSink {
  /** Records taken so far, refused ones included. */
  readonly recordsRead: number;
  build(facts: SnapshotFacts): EncodedSnapshot;
}

/** Where snapshots outlive the process. */
export interface SnapshotStore {
  save(snapshot: EncodedSnapshot, signal: AbortSignal): Promise<void>;
}

export interface RunRefreshOptions<Builder extends InventoryBuilder = InventoryBuilder> {
  readonly source: RefreshSource<Builder>;
  readonly createBuilder: () => Builder;
  readonly store: SnapshotStore;
  readonly clock: Clock;
  readonly previous: ServedSnapshot | null;
  /** The revision of the snapshot to build. */
  readonly nextRevision: number;
  readonly tenantId: string;
  readonly apiUrl: string;
  readonly limits: ValidationLimits;
  /** Longest time to read; 0: as long as it takes. Default 0. */
  readonly deadlineMs?: number;
  /** The code of what last made the source wait, for the message of a refresh that has read for too long. */
  readonly findLastFault?: () => string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RefreshJobProgress) => void;
}

/**
 * Runs it. `UNCHANGED` when Defender offers what is served already, or something older: time does not run backwards
 * for whoever reads the graph.
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
  const { inventory, filesDone } = await readInventory(options);
  signal.throwIfAborted();
  const { sink, source, generatedAtMs, filesTotal, bytesDownloaded } = inventory;
  if (inventory.outcome === 'UNCHANGED' || isOlder(generatedAtMs, previous)) {
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
  const { certificateCount, deviceCount, installationCount, quality } = snapshot.manifest;
  const { recordsRead, recordsRejected } = quality;
  const counts = { certificateCount, deviceCount, installationCount, recordsRead, recordsRejected };
  validateSnapshot({ ...counts, filesTotal, filesDone }, previous, limits);

  onProgress({ phase: 'PUBLISHING' });
  const storeFailure = await store(options, snapshot);
  signal.throwIfAborted();
  return { outcome: 'BUILT', snapshot, storeFailure };
}

/** Reads through the source until the deadline, and adds to its progress what the builder has counted. */
async function readInventory<Builder extends InventoryBuilder>(
  options: RunRefreshOptions<Builder>,
): Promise<{ inventory: ReadInventory<Builder>; filesDone: number | null }> {
  const {
    source,
    createBuilder,
    previous,
    clock,
    deadlineMs = 0,
    findLastFault,
    signal,
    onProgress,
  } = options;
  let builder: Builder | undefined;
  let filesDone: number | null = null;
  let filesTotal: number | null = null;
  let uncollected = 0;
  onProgress({ phase: 'REQUESTING' });
  using deadline = startDeadline({
    clock,
    deadlineMs,
    findReached: () => ({ filesTotal, filesDone, lastFault: findLastFault?.() }),
  });
  try {
    const inventory = await source.readInventory({
      createSink: () => {
        builder = createBuilder();
        filesDone = null;
        filesTotal = null;
        uncollected = 0;
        return builder;
      },
      signal: AbortSignal.any([signal, deadline.signal]),
      knownGeneratedAtMs: previous?.generatedAtMs ?? null,
      onProgress: ({ recordsUncollected = uncollected, ...progress }) => {
        filesDone = progress.filesDone ?? filesDone;
        filesTotal = progress.filesTotal ?? filesTotal;
        uncollected = recordsUncollected;
        onProgress({ ...progress, recordsRead: uncollected + (builder?.recordsRead ?? 0) });
      },
    });
    return { inventory, filesDone };
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  }
}

function isOlder(generatedAtMs: number | null, previous: ServedSnapshot | null): boolean {
  const previousMs = previous?.generatedAtMs ?? null;
  return generatedAtMs !== null && previousMs !== null && generatedAtMs < previousMs;
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
