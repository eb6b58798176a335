/**
 * What becomes of a snapshot that a validator refuses: it is kept aside with a report, an operator may let it be published,
 * and the same export is not downloaded only to be refused again.
 *
 * Nothing here hides a refusal, or keeps a refresh from going on: what the store fails at is said and logged.
 */

import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import { type Logger, silentLogger } from '../core/logger.ts';
import type { EncodedSnapshot, SnapshotManifest } from '../snapshot/format.ts';
import { isRejection } from './failure.ts';
import { type ServedSnapshot, toServedSnapshot } from './refresh-job.ts';
import { toCandidate, type ValidationLimits, validateSnapshot } from './validation.ts';

/** Why a snapshot was refused: what its manifest does not say. Plain data. */
export interface RefusalReport {
  readonly refusedAtMs: number;
  /** Code and message of the rule that it broke. */
  readonly code: string;
  readonly message: string;
  /** Files (or pages) that it was read from. */
  readonly filesTotal: number;
  /** Version of the gateway that read it: another one may read more. */
  readonly gatewayVersion: string;
  /** What it was compared with; `null`: nothing was served. */
  readonly served: ServedSnapshot | null;
}

/** Where refused snapshots are kept aside. Every function may reject. */
export interface RefusedSnapshotStore {
  /** Keeps it in the place of the one before. */
  keepRefused(snapshot: EncodedSnapshot, report: RefusalReport, signal: AbortSignal): Promise<void>;
  /** The one that is kept. */
  findRefused(): Promise<{ readonly manifest: SnapshotManifest; readonly report: RefusalReport } | undefined>;
  /** Makes the one that an operator has approved the current one, and returns it as such; never something older than what is served. */
  publishApproved(
    options: {
      readonly served: ServedSnapshot | null;
      readonly revision: number;
      readonly publishedAtMs: number;
    },
    signal: AbortSignal,
  ): Promise<EncodedSnapshot | undefined>;
}

/** What a run knows. */
export interface RefusalContext {
  readonly store: RefusedSnapshotStore;
  readonly clock: Clock;
  readonly previous: ServedSnapshot | null;
  /** The revision of the snapshot to build. */
  readonly nextRevision: number;
  readonly limits: ValidationLimits;
  readonly gatewayVersion: string;
  readonly signal: AbortSignal;
  readonly log?: Logger;
}

/** An export that was refused before, and would be again. */
export interface RefusedExport {
  readonly generatedAtMs: number;
  readonly filesTotal: number;
  /** What to fail with when Defender offers it again. */
  readonly error: GatewayError;
}

const HOW_TO_PUBLISH =
  'It is kept aside: `npm run refused` shows it, and `npm run refused -- publish` publishes it all the same.';

/**
 * The snapshot that an operator has approved, as the current one of the store; `undefined` when there is none, or when the
 * store fails, which is logged: the refresh then goes on as usual.
 */
export async function publishApproved(context: RefusalContext): Promise<EncodedSnapshot | undefined> {
  const { store, clock, previous, nextRevision, signal, log = silentLogger } = context;
  try {
    const options = { served: previous, revision: nextRevision, publishedAtMs: clock.now() };
    return await store.publishApproved(options, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'whether a refused snapshot is to be published cannot be told, or it cannot be');
    return undefined;
  }
}

/**
 * Keeps the snapshot aside, and logs its report.
 *
 * @param error of the validator
 * @returns what the run is to fail with: the same error, saying what can be done with the snapshot, or why it could not be
 *   kept. An error that is no refusal of what the snapshot holds is returned as it is
 */
export async function refuseSnapshot(
  context: RefusalContext,
  snapshot: EncodedSnapshot,
  filesTotal: number,
  error: unknown,
): Promise<unknown> {
  const refusal = findGatewayError(error);
  // What was not read to its end is no inventory, whoever approves it.
  if (refusal === undefined || !isRejection(refusal) || refusal.code === 'SNAPSHOT_INCOMPLETE') return error;
  const { store, clock, previous, gatewayVersion, signal, log = silentLogger } = context;
  const report: RefusalReport = {
    refusedAtMs: clock.now(),
    code: refusal.code,
    message: refusal.message,
    filesTotal,
    gatewayVersion,
    served: previous === null ? null : toServedSnapshot(previous),
  };
  const { segments: _, ...manifest } = snapshot.manifest;
  log.warn({ event: 'snapshot_refused', ...report, refused: manifest }, refusal.message);
  try {
    await store.keepRefused(snapshot, report, signal);
    return amend(refusal, HOW_TO_PUBLISH);
  } catch (failure) {
    log.error({ event: 'refused_not_kept', err: failure }, 'the refused snapshot could not be kept aside');
    const reason = findGatewayError(failure)?.message ?? 'See the log for the cause.';
    return amend(refusal, `It could not be kept aside for inspection: ${reason}`, failure);
  }
}

/**
 * The export that is kept aside, where reading it again would give the same snapshot and the same refusal: the same
 * gateway, and rules that it still breaks, by what is served now and the limits of now. `undefined` as well when the store
 * fails, which is logged.
 */
export async function findRefusedExport(context: RefusalContext): Promise<RefusedExport | undefined> {
  const { store, previous, limits, gatewayVersion, signal, log = silentLogger } = context;
  try {
    const kept = await store.findRefused();
    if (kept === undefined || kept.report.gatewayVersion !== gatewayVersion) return undefined;
    const { generatedAtMs } = kept.manifest;
    if (generatedAtMs === null || !isNewerThan(generatedAtMs, previous)) return undefined;
    const { filesTotal, refusedAtMs } = kept.report;
    const refusal = findRefusal(kept.manifest, filesTotal, previous, limits);
    if (refusal === undefined) return undefined;
    const again =
      `Defender still offers the export of ${toTime(generatedAtMs)}, which was refused at ${toTime(refusedAtMs)}: ` +
      `it was not downloaded again. ${HOW_TO_PUBLISH}`;
    return { generatedAtMs, filesTotal, error: amend(refusal, again) };
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'whether a refused snapshot is kept aside cannot be told');
    return undefined;
  }
}

/** Whether an export is newer than what is served; what is served without a time is older than any. */
export function isNewerThan(generatedAtMs: number, served: ServedSnapshot | null): boolean {
  const servedMs = served?.generatedAtMs ?? null;
  return servedMs === null || generatedAtMs > servedMs;
}

function findRefusal(
  manifest: SnapshotManifest,
  filesTotal: number,
  previous: ServedSnapshot | null,
  limits: ValidationLimits,
): GatewayError | undefined {
  try {
    validateSnapshot(toCandidate(manifest, { filesTotal, filesDone: null }), previous, limits);
    return undefined;
  } catch (error) {
    return findGatewayError(error);
  }
}

function amend(
  { code, message, rule, value }: GatewayError,
  addition: string,
  cause?: unknown,
): GatewayError {
  return new GatewayError(code, `${message} ${addition}`, {
    value,
    ...(rule === undefined ? {} : { rule }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function toTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
