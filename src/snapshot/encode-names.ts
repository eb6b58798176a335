/**
 * Distinguished names and usage lists: each distinct one once, for certificates to point at.
 *
 *   name.text, name.displayName, name.<attribute>   texts, sorted by text
 *   <usage>.oid, <usage>.name                       texts of the distinct usages, sorted
 *   <usage>.listOffsets                             u32[lists + 1] into listElements
 *   <usage>.listElements                            u32, rows of the distinct usages, in the order reported
 */

import { NAME_ATTRIBUTES } from '../core/distinguished-name.ts';
import { type EncodedTable, listDistinct } from './encoded-table.ts';
import { createNameReader } from './name-parts.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';
import { compareBytes } from './text-order.ts';

/** The distinct names and their parts, as numbers of texts. */
export type GatheredNames = ReadonlyMap<string, Uint32Array>;

const COMMON_NAME = NAME_ATTRIBUTES.indexOf('commonName');
const ORGANIZATIONAL_UNIT = NAME_ATTRIBUTES.indexOf('organizationalUnit');
const ORGANIZATION = NAME_ATTRIBUTES.indexOf('organization');

/** The names in subject and issuer columns, which hold numbers of texts; each is parsed once. */
export function gatherNames(texts: TextInterner, columns: readonly Uint32Array[]): GatheredNames {
  const names = listDistinct(columns, texts.length);
  const readName = createNameReader(texts);
  const parts = new Uint32Array(NAME_ATTRIBUTES.length);
  const displayNames = new Uint32Array(names.length);
  const attributes = NAME_ATTRIBUTES.map(() => new Uint32Array(names.length));
  for (let row = 0; row < names.length; row += 1) {
    readName(names[row]!, parts);
    for (let attribute = 0; attribute < parts.length; attribute += 1)
      attributes[attribute]![row] = parts[attribute]!;
    displayNames[row] = toDisplayName(names[row]!, parts);
  }
  return new Map([
    ['name.text', names],
    ['name.displayName', displayNames],
    ...NAME_ATTRIBUTES.map((attribute, index) => [`name.${attribute}`, attributes[index]!] as const),
  ]);
}

/** The names in the order of their string ids, and the row of each by its string id. */
export function encodeNames(
  names: GatheredNames,
  idOfText: Uint32Array,
  stringCount: number,
): { readonly columns: Map<string, Uint32Array>; readonly rowOfString: Uint32Array } {
  const rowOfString = new Uint32Array(stringCount).fill(NONE);
  const texts = names.get('name.text')!;
  for (let row = 0; row < texts.length; row += 1) rowOfString[idOfText[texts[row]!]!] = row;
  const order = new Uint32Array(texts.length);
  for (let string = 0, row = 0; string < stringCount; string += 1) {
    if (rowOfString[string] === NONE) continue;
    order[row] = rowOfString[string]!;
    rowOfString[string] = row;
    row += 1;
  }
  const columns = new Map<string, Uint32Array>();
  for (const [name, column] of names) columns.set(name, mapInOrder(column, order, idOfText));
  return { columns, rowOfString };
}

function mapInOrder(texts: Uint32Array, order: Uint32Array, idOfText: Uint32Array): Uint32Array {
  const ids = new Uint32Array(order.length);
  for (let row = 0; row < ids.length; row += 1) {
    const text = texts[order[row]!]!;
    ids[row] = text === NONE ? NONE : idOfText[text]!;
  }
  return ids;
}

/** The usage lists of a column, and the row of each by its number. */
export interface EncodedUsageLists extends EncodedTable {
  readonly rowOfList: Uint32Array;
  readonly listCount: number;
}

/** The lists of a usage column, which holds numbers of `lists`; `toUsages` makes [oid, name] of a list's JSON. */
export function encodeUsageLists(options: {
  readonly prefix: 'keyUsage' | 'extendedKeyUsage';
  readonly column: Uint32Array;
  readonly lists: TextInterner;
  readonly texts: TextInterner;
  readonly toUsages: (json: string) => readonly (readonly [oid: string | null, name: string])[];
}): EncodedUsageLists {
  const { prefix, column, lists: gathered, texts, toUsages } = options;
  const lists = Array.from(listDistinct([column], gathered.length), (id) => ({
    id,
    usages: toUsages(gathered.get(id)).map((usage) => JSON.stringify(usage)),
  }))
    .map((list) => ({ ...list, text: list.usages.join(',') }))
    .sort((a, b) => compareBytes(a.text, b.text));
  const distinct = [...new Set(lists.flatMap((list) => list.usages))].sort(compareBytes);
  const rowOfUsage = new Map(distinct.map((usage, row) => [usage, row]));
  const usages = distinct.map((usage) => JSON.parse(usage) as [string | null, string]);
  const offsets = new Uint32Array(lists.length + 1);
  const rowOfList = new Uint32Array(gathered.length);
  for (const [row, list] of lists.entries()) {
    offsets[row + 1] = offsets[row]! + list.usages.length;
    rowOfList[list.id] = row;
  }
  return {
    columns: new Map([
      [`${prefix}.listOffsets`, offsets],
      [
        `${prefix}.listElements`,
        Uint32Array.from(lists.flatMap((list) => list.usages.map((usage) => rowOfUsage.get(usage)!))),
      ],
    ]),
    textColumns: new Map([
      [`${prefix}.oid`, Uint32Array.from(usages, ([oid]) => (oid === null ? NONE : texts.intern(oid)))],
      [`${prefix}.name`, Uint32Array.from(usages, ([, name]) => texts.intern(name))],
    ]),
    rowOfList,
    listCount: lists.length,
  };
}

/** CN, else OU, else O, else the text, as `core/distinguished-name.ts` says. */
function toDisplayName(name: number, parts: Uint32Array): number {
  for (const attribute of [COMMON_NAME, ORGANIZATIONAL_UNIT, ORGANIZATION]) {
    if (parts[attribute] !== NONE) return parts[attribute]!;
  }
  return name;
}
