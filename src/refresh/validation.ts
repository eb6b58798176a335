/**
 * The last check before a snapshot is served: is what came plausible, next to what is served now?
 *
 * Defender answers an empty list for a missing licence and a part of the fleet for a half-written export,
 * both without an error. A refused snapshot leaves the served one in place; what else becomes of it is `refusal.ts`.
 * It judges counts, not content.
 */

import { GatewayError } from '../core/errors.ts';
import type { SnapshotManifest } from '../snapshot/format.ts';
import type { ServedSnapshot } from './refresh-job.ts';

/** The counts of a new snapshot. */
export interface SnapshotCandidate {
  readonly certificateCount: number;
  readonly deviceCount: number;
  /** Distinct records: a record that came twice counts once. */
  readonly installationCount: number;
  readonly recordsRead: number;
  readonly recordsRejected: number;
  /** Files (or pages) that the source listed. */
  readonly filesTotal: number;
  /** Those that were read to their end; `null` when the source does not count them. */
  readonly filesDone: number | null;
}

/** The counts of a snapshot that was built, with what was read for it. */
export function toCandidate(
  {
    certificateCount,
    deviceCount,
    installationCount,
    quality: { recordsRead, recordsRejected },
  }: Pick<SnapshotManifest, 'certificateCount' | 'deviceCount' | 'installationCount' | 'quality'>,
  files: Pick<SnapshotCandidate, 'filesTotal' | 'filesDone'>,
): SnapshotCandidate {
  return { certificateCount, deviceCount, installationCount, recordsRead, recordsRejected, ...files };
}

export interface ValidationLimits {
  /** Fewest distinct records that a snapshot may hold; 0: it may be empty. */
  readonly minimumRecords: number;
  /** Largest share of records, devices or certificates that may be gone since the last snapshot, 0 to 1. */
  readonly maximumShrinkShare: number;
  /** A count that was smaller than this in the last snapshot may shrink at will: small fleets move a lot. */
  readonly shrinkComparedFrom: number;
  /** Largest share of refused records among those read, 0 to 1. */
  readonly maximumRejectedShare: number;
}

export const DEFAULT_VALIDATION_LIMITS: ValidationLimits = Object.freeze({
  minimumRecords: 1,
  maximumShrinkShare: 0.5,
  shrinkComparedFrom: 100,
  maximumRejectedShare: 0.1,
});

/** More than the error of a product of a count and a share, less than any true difference. */
const ROUNDING = 1e-6;

/**
 * Passes in silence, or throws the first rule that is broken.
 *
 * @throws {GatewayError} `SNAPSHOT_INCOMPLETE` (retryable), `SNAPSHOT_REJECTED_RECORDS`, `SNAPSHOT_EMPTY` or
 *   `SNAPSHOT_SHRUNK`, in this order: each would otherwise show as the one after it
 */
export function validateSnapshot(
  candidate: SnapshotCandidate,
  previous: ServedSnapshot | null,
  limits: ValidationLimits = DEFAULT_VALIDATION_LIMITS,
): void {
  refuseIncomplete(candidate);
  refuseRejectedRecords(candidate, limits);
  refuseEmpty(candidate, limits);
  if (previous !== null) refuseShrunk(candidate, previous, limits);
}

function refuseIncomplete({ filesDone, filesTotal }: SnapshotCandidate): void {
  if (filesDone === null || filesDone === filesTotal) return;
  throw new GatewayError(
    'SNAPSHOT_INCOMPLETE',
    `Every listed file must be read to its end, but ${filesDone} of ${filesTotal} were. ` +
      'Nothing was published; the refresh is tried again by itself.',
    { retryable: true, rule: 'every listed file is read to its end', value: filesDone },
  );
}

function refuseRejectedRecords(
  candidate: SnapshotCandidate,
  { maximumRejectedShare }: ValidationLimits,
): void {
  const { recordsRead, recordsRejected } = candidate;
  if (!exceedsShare(recordsRejected, recordsRead, maximumRejectedShare)) return;
  throw new GatewayError(
    'SNAPSHOT_REJECTED_RECORDS',
    `At most ${toPercent(maximumRejectedShare)} of the records may be malformed, ` +
      `but ${recordsRejected} of ${recordsRead} are. Nothing was published. ` +
      'See the log for reasons and samples: Defender may have changed the form of its records, which takes a newer gateway. ' +
      'The limit is SNAPSHOT_MAXIMUM_REJECTED.',
    { rule: 'share of rejected records', value: recordsRejected },
  );
}

function refuseEmpty(
  { installationCount, filesTotal }: SnapshotCandidate,
  { minimumRecords }: ValidationLimits,
): void {
  if (installationCount >= minimumRecords) return;
  throw new GatewayError(
    'SNAPSHOT_EMPTY',
    `A snapshot must hold at least ${minimumRecords} ${minimumRecords === 1 ? 'record' : 'records'}, ` +
      `but the inventory of ${filesTotal} ${filesTotal === 1 ? 'file' : 'files'} holds ${installationCount}. ` +
      'Nothing was published. Check that the tenant has the Defender Vulnerability Management add-on and that ' +
      'its Windows devices are onboarded. The limit is SNAPSHOT_MINIMUM_RECORDS.',
    { rule: 'minimum number of records', value: installationCount },
  );
}

function refuseShrunk(
  candidate: SnapshotCandidate,
  previous: ServedSnapshot,
  limits: ValidationLimits,
): void {
  const counts = [
    ['records', candidate.installationCount, previous.installationCount],
    ['devices', candidate.deviceCount, previous.deviceCount],
    ['certificates', candidate.certificateCount, previous.certificateCount],
  ] as const;
  for (const [name, count, previousCount] of counts) {
    if (previousCount < limits.shrinkComparedFrom) continue;
    if (!exceedsShare(previousCount - count, previousCount, limits.maximumShrinkShare)) continue;
    throw new GatewayError(
      'SNAPSHOT_SHRUNK',
      `The number of ${name} may fall by at most ${toPercent(limits.maximumShrinkShare)} from one snapshot to the next, ` +
        `but fell from ${previousCount} to ${count}. Nothing was published. ` +
        'Check in the Defender portal whether the fleet, its licences or what this credential may see has shrunk. ' +
        'The limit is SNAPSHOT_MAXIMUM_SHRINK.',
      { rule: `largest shrink of ${name}`, value: count },
    );
  }
}

/** Exact for shares of whole percents and counts up to a thousand million, though most shares are no exact numbers. */
function exceedsShare(part: number, whole: number, share: number): boolean {
  return part > whole * share + ROUNDING;
}

function toPercent(share: number): string {
  return `${Number((share * 100).toFixed(6))} %`;
}
