/**
 * The account of what was read: refused records by reason with a few samples, and unknown columns.
 * Everything kept is bounded and independent of the order in which it came.
 */

import {
  REJECTION_REASONS,
  type RecordCheckpoint,
  type RejectionAccount,
  type RejectionReason,
} from './record.ts';
import { compareBytes } from './text-order.ts';

/** How many refused records are kept per reason: the smallest, so that every order of reading keeps the same. */
export const SAMPLES_PER_REASON = 5;
/** Longest sample, in UTF-16 units. */
export const SAMPLE_LENGTH = 200;
/** Most unknown columns that are listed, and the longest name. */
export const UNKNOWN_COLUMNS = 100;
const COLUMN_NAME_LENGTH = 100;

/** What a ledger says: reasons in the order of their declaration, the first {@link UNKNOWN_COLUMNS} names. */
export type QualityAccount = Omit<RecordCheckpoint, 'recordsAdded'>;

export interface QualityLedger {
  readonly recordsRejected: number;
  reject(reason: RejectionReason, sample: string): void;
  noteUnknownColumn(name: string): void;
  account(): QualityAccount;
  /** Forgets everything but an account given earlier. */
  restore(account: QualityAccount): void;
  /** Adds what another ledger says. */
  absorb(account: QualityAccount): void;
}

export function createQualityLedger(): QualityLedger {
  const rejections = new Map<RejectionReason, RejectionAccount>();
  let columns: ReadonlySet<string> = new Set();
  let recordsRejected = 0;

  function add(reason: RejectionReason, count: number, samples: readonly string[]): void {
    const known = rejections.get(reason);
    recordsRejected += count;
    rejections.set(reason, {
      reason,
      count: (known?.count ?? 0) + count,
      samples: keepSmallest(known?.samples ?? [], samples, SAMPLES_PER_REASON),
    });
  }

  function absorb(account: QualityAccount): void {
    for (const { reason, count, samples } of account.rejections) add(reason, count, samples);
    for (const name of account.unknownColumns) noteUnknownColumn(name);
  }

  function noteUnknownColumn(name: string): void {
    const column = cut(name, COLUMN_NAME_LENGTH);
    if (!columns.has(column)) columns = new Set(keepSmallest([...columns], [column], UNKNOWN_COLUMNS));
  }

  return {
    get recordsRejected() {
      return recordsRejected;
    },
    reject: (reason, sample) => add(reason, 1, [cut(sample, SAMPLE_LENGTH)]),
    noteUnknownColumn,
    account: () => ({
      rejections: REJECTION_REASONS.flatMap((reason) => rejections.get(reason) ?? []),
      unknownColumns: [...columns],
    }),
    restore(account) {
      rejections.clear();
      columns = new Set();
      recordsRejected = 0;
      absorb(account);
    },
    absorb,
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** The smallest few of both, ascending. A list that is full of smaller ones comes back as it is. */
function keepSmallest(kept: readonly string[], added: readonly string[], limit: number): readonly string[] {
  const largest = kept.at(limit - 1);
  if (largest !== undefined && added.every((text) => compareBytes(text, largest) >= 0)) return kept;
  return [...kept, ...added].sort(compareBytes).slice(0, limit);
}
