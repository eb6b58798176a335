/**
 * Makes one part of the several that some entities have: see `merge.ts` for the rule.
 *
 * Only entities with several parts cost more than a look: most have one, and that is their row.
 */

import { Uint32List } from './growing.ts';
import type { Identities } from './identities.ts';
import { countOffsets, distribute } from './orders.ts';
import { NONE } from './string-table.ts';
import type { TupleInterner } from './tuple-interner.ts';

/** A column of values: how many words one takes, and how the known values of two parts sort. */
export interface Attribute {
  readonly column: number;
  readonly words: 1 | 2;
  readonly compare: (partA: number, partB: number) => number;
}

/** One row an entity, in identity order. */
export interface MergedTable {
  readonly parts: TupleInterner;
  /** The part with the merged values of each row. */
  readonly partOfRow: Uint32Array;
  /** The row of each part that was gathered; {@link NONE} for a part that no record uses. */
  readonly rowOfPart: Uint32Array;
}

export interface SettleOptions {
  /** Gets a part more for each entity that has several. */
  readonly parts: TupleInterner;
  readonly identities: Identities;
  readonly attributes: readonly Attribute[];
  readonly partOfRecord: Uint32Array;
  /** Maps the part of a record on; {@link NONE} = the record has none. */
  readonly through?: Uint32Array;
  /** Compares two records by (deviceId, path). */
  readonly compareRecords: (recordA: number, recordB: number) => number;
}

/** The table, and 1 for each part that lost a known value. Linear in parts and records. */
export function settleParts(options: SettleOptions): { table: MergedTable; lost: Uint8Array } {
  const { parts, identities } = options;
  const { rowOfPart, rowCount } = identities;
  const lost = new Uint8Array(rowOfPart.length);
  const partOfRow = new Uint32Array(rowCount).fill(NONE);
  const isContested = new Uint8Array(rowCount);
  let contestedRows = 0;
  for (let part = 0; part < rowOfPart.length; part += 1) {
    const row = rowOfPart[part]!;
    if (row === NONE) continue;
    if (partOfRow[row] === NONE) partOfRow[row] = part;
    else if (isContested[row] === 0) {
      isContested[row] = 1;
      contestedRows += 1;
    }
  }
  if (contestedRows > 0) settleContested(options, isContested, contestedRows, partOfRow, lost);
  return { table: { parts, partOfRow, rowOfPart }, lost };
}

function settleContested(
  options: SettleOptions,
  isContested: Uint8Array,
  contestedRows: number,
  partOfRow: Uint32Array,
  lost: Uint8Array,
): void {
  const { parts, compareRecords } = options;
  const { rowOfPart } = options.identities;
  const { rivals, offsets, rows } = groupRivals(rowOfPart, isContested, contestedRows);
  const smallest = findSmallestRecords(options, rivals);
  const compareParts = (a: number, b: number): number => compareRecords(smallest[a]!, smallest[b]!);
  const merged = new Uint32Array(parts.width);
  for (let index = 0; index < contestedRows; index += 1) {
    const own = rivals.subarray(offsets[index], offsets[index + 1]);
    for (let column = 0; column < parts.width; column += 1) merged[column] = parts.at(own[0]!, column);
    for (const attribute of options.attributes) {
      const winner = findWinner(parts, attribute, own, compareParts);
      if (winner === undefined) continue;
      for (let word = attribute.column; word < attribute.column + attribute.words; word += 1)
        merged[word] = parts.at(winner, word);
      for (const part of own) {
        if (isKnown(parts, attribute, part) && !isSame(parts, attribute, part, winner)) lost[part] = 1;
      }
    }
    partOfRow[rows[index]!] = parts.push(merged);
  }
}

/** The parts of contested rows, row by row. */
function groupRivals(
  rowOfPart: Uint32Array,
  isContested: Uint8Array,
  contestedRows: number,
): { rivals: Uint32Array; offsets: Uint32Array; rows: Uint32Array } {
  const indexOfRow = new Uint32Array(isContested.length);
  const rows = new Uint32Array(contestedRows);
  for (let row = 0, index = 0; row < isContested.length; row += 1) {
    if (isContested[row] === 0) continue;
    indexOfRow[row] = index;
    rows[index] = row;
    index += 1;
  }
  const rivals = new Uint32List();
  const buckets = new Uint32List();
  for (let part = 0; part < rowOfPart.length; part += 1) {
    const row = rowOfPart[part]!;
    if (row === NONE || isContested[row] === 0) continue;
    rivals.push(part);
    buckets.push(indexOfRow[row]!);
  }
  const order = distribute(buckets.toArray(), contestedRows);
  const parts = rivals.toArray();
  return {
    rivals: order.map((index) => parts[index]!),
    offsets: countOffsets(buckets.toArray(), contestedRows),
    rows,
  };
}

/** The record with the smallest (deviceId, path) of each part given. Linear in the records. */
function findSmallestRecords(
  { parts, partOfRecord, through, compareRecords }: SettleOptions,
  rivals: Uint32Array,
): Uint32Array {
  const isRival = new Uint8Array(parts.length);
  for (const part of rivals) isRival[part] = 1;
  const smallest = new Uint32Array(parts.length).fill(NONE);
  for (let record = 0; record < partOfRecord.length; record += 1) {
    const part = through === undefined ? partOfRecord[record]! : through[partOfRecord[record]!]!;
    if (part === NONE || isRival[part] === 0) continue;
    if (smallest[part] === NONE || compareRecords(record, smallest[part]!) < 0) smallest[part] = record;
  }
  return smallest;
}

/** The part whose value counts, or `undefined` when none knows one. */
function findWinner(
  parts: TupleInterner,
  attribute: Attribute,
  rivals: Uint32Array,
  compareParts: (partA: number, partB: number) => number,
): number | undefined {
  let winner: number | undefined;
  for (const part of rivals) {
    if (!isKnown(parts, attribute, part)) continue;
    const order = winner === undefined ? -1 : compareParts(part, winner);
    if (order < 0 || (order === 0 && attribute.compare(part, winner!) < 0)) winner = part;
  }
  return winner;
}

/** All ones in the last word is "not reported": no instant has such a float64. */
function isKnown(parts: TupleInterner, { column, words }: Attribute, part: number): boolean {
  return parts.at(part, column + words - 1) !== NONE;
}

function isSame(parts: TupleInterner, { column, words }: Attribute, a: number, b: number): boolean {
  for (let word = column; word < column + words; word += 1) {
    if (parts.at(a, word) !== parts.at(b, word)) return false;
  }
  return true;
}
