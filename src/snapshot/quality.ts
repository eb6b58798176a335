/**
 * The account of what was read: refused records by reason with a few samples, and unknown columns.
 * Everything kept is bounded and independent of the order in which it came.
 */

import type { RecordRejection } from './format.ts';
import { REJECTION_REASONS, type RejectionReason } from './record.ts';
import { compareBytes } from './text-order.ts';

/** How many refused records are kept per reason: the smallest, so that every order of reading keeps the same. */
export const SAMPLES_PER_REASON = 5;
/** Longest sample, in UTF-16 units. */
export const SAMPLE_LENGTH = 200;
/** Most unknown columns that are listed, and the longest name. */
export const UNKNOWN_COLUMNS = 100;
const COLUMN_NAME_LENGTH = 100;

export interface QualityLedger {
  readonly recordsRejected: number;
  reject(reason: RejectionReason, sample: string): void;
  noteUnknownColumn(name: string): void;
  /** Reasons that occurred, in the order of their declaration. */
  rejections(): RecordRejection[];
  /** The first {@link UNKNOWN_COLUMNS} names in order. */
  unknownColumns(): string[];
}

export function createQualityLedger(): QualityLedger {
  const counts = new Map<RejectionReason, number>();
  const samples = new Map<RejectionReason, string[]>();
  const columns = new Set<string>();
  let recordsRejected = 0;

  return {
    get recordsRejected() {
      return recordsRejected;
    },
    reject(reason, sample) {
      recordsRejected += 1;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const kept = samples.get(reason) ?? [];
      samples.set(reason, keepSmallest(kept, cut(sample, SAMPLE_LENGTH), SAMPLES_PER_REASON));
    },
    noteUnknownColumn(name) {
      columns.add(cut(name, COLUMN_NAME_LENGTH));
      if (columns.size > UNKNOWN_COLUMNS) columns.delete([...columns].sort(compareBytes).at(-1)!);
    },
    rejections: () =>
      REJECTION_REASONS.filter((reason) => counts.has(reason)).map((reason) => ({
        reason,
        count: counts.get(reason)!,
        samples: samples.get(reason)!,
      })),
    unknownColumns: () => [...columns].sort(compareBytes),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function keepSmallest(kept: readonly string[], sample: string, limit: number): string[] {
  return [...kept, sample].sort(compareBytes).slice(0, limit);
}
