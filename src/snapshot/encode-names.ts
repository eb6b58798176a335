/**
 * Distinguished names and usage lists: each distinct one once, for certificates to point at.
 *
 *   name.text, name.displayName, name.<attribute>   texts, sorted by text
 *   <usage>.oid, <usage>.name                       texts of the distinct usages, sorted
 *   <usage>.listOffsets                             u32[lists + 1] into listElements
 *   <usage>.listElements                            u32, rows of the distinct usages, in the order reported
 */

import { NAME_ATTRIBUTES, parseDistinguishedName, toDisplayName } from '../core/distinguished-name.ts';
import type { EncodedTable } from './encoded-table.ts';
import { NONE } from './string-table.ts';
import { compareBytes, compareText } from './text-order.ts';

/** An encoded table, and where each gathered id ended up in it. */
export interface PointedTable extends EncodedTable {
  /** Rows for a column of gathered ids; `NaN` becomes {@link NONE}. */
  toRows(ids: Float64Array): Uint32Array;
}

/** Gives the distinct ids of columns rows, in the order given. */
function pointAt(ids: readonly number[]): (column: Float64Array) => Uint32Array {
  const rowOfId = new Map(ids.map((id, row) => [id, row]));
  return (column) => Uint32Array.from(column, (id) => (Number.isNaN(id) ? NONE : rowOfId.get(id)!));
}

function findDistinct(columns: readonly Float64Array[]): number[] {
  const distinct = new Set<number>();
  for (const column of columns) for (const id of column) if (!Number.isNaN(id)) distinct.add(id);
  return [...distinct];
}

/** The names of subject and issuer columns, which hold text ids. */
export function encodeNames(columns: readonly Float64Array[], textOf: (id: number) => string): PointedTable {
  const ids = findDistinct(columns).sort((a, b) => compareText(textOf(a), textOf(b)));
  const texts = ids.map(textOf);
  const parts = texts.map(parseDistinguishedName);
  return {
    columns: new Map(),
    textColumns: new Map([
      ['name.text', texts],
      ['name.displayName', texts.map((text, row) => toDisplayName(text, parts[row]!))],
      ...NAME_ATTRIBUTES.map(
        (attribute) => [`name.${attribute}`, parts.map((part) => part[attribute])] as const,
      ),
    ]),
    toRows: pointAt(ids),
  };
}

/** The lists of a usage column, which holds list ids; a list is its usages as [oid, name]. */
export function encodeUsageLists(
  prefix: 'keyUsage' | 'extendedKeyUsage',
  column: Float64Array,
  listOf: (id: number) => readonly (readonly [oid: string | null, name: string])[],
): PointedTable {
  const lists = findDistinct([column])
    .map((id) => ({ id, usages: listOf(id).map((usage) => JSON.stringify(usage)) }))
    .map((list) => ({ ...list, text: list.usages.join(',') }))
    .sort((a, b) => compareBytes(a.text, b.text));
  const distinct = [...new Set(lists.flatMap((list) => list.usages))].sort(compareBytes);
  const rowOfUsage = new Map(distinct.map((usage, row) => [usage, row]));
  const usages = distinct.map((usage) => JSON.parse(usage) as [string | null, string]);
  const offsets = new Uint32Array(lists.length + 1);
  for (const [row, list] of lists.entries()) offsets[row + 1] = offsets[row]! + list.usages.length;
  return {
    columns: new Map([
      [`${prefix}.listOffsets`, offsets],
      [
        `${prefix}.listElements`,
        Uint32Array.from(lists.flatMap((list) => list.usages.map((usage) => rowOfUsage.get(usage)!))),
      ],
    ]),
    textColumns: new Map([
      [`${prefix}.oid`, usages.map(([oid]) => oid)],
      [`${prefix}.name`, usages.map(([, name]) => name)],
    ]),
    toRows: pointAt(lists.map((list) => list.id)),
  };
}
