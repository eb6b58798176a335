/** Reads distinguished names and usage lists: see `encode-names.ts` for their columns. */

import { NAME_ATTRIBUTES, type NameAttribute } from '../core/distinguished-name.ts';
import type { ExtendedKeyUsage } from '../core/usages.ts';
import type { ColumnArray } from './format.ts';
import { NONE, type StringTable } from './string-table.ts';

export type NameColumn = NameAttribute | 'text' | 'displayName';

const NAME_COLUMNS: readonly NameColumn[] = [...NAME_ATTRIBUTES, 'text', 'displayName'];

export class NameTable {
  readonly length: number;
  readonly #strings: StringTable;
  readonly #textIds: Readonly<Record<NameColumn, Uint32Array>>;

  constructor(columns: ReadonlyMap<string, ColumnArray>, strings: StringTable) {
    this.#textIds = Object.fromEntries(
      NAME_COLUMNS.map((column) => [column, columns.get(`name.${column}`) as Uint32Array]),
    ) as Record<NameColumn, Uint32Array>;
    this.#strings = strings;
    this.length = columns.get('name.text')!.length;
  }

  /** The canonical text. */
  text(row: number): string {
    return this.#strings.get(this.textIds('text')[row]!);
  }

  /** CN, else OU, O, text. */
  displayName(row: number): string {
    return this.#strings.get(this.textIds('displayName')[row]!);
  }

  /** The first value of an attribute, or `null`. */
  attribute(row: number, attribute: NameAttribute): string | null {
    return this.#strings.find(this.textIds(attribute)[row]!);
  }

  /** String ids by name row. */
  textIds(column: NameColumn): Uint32Array {
    return this.#textIds[column];
  }
}

/** The distinct lists of key usages, or of extended key usages. */
export class UsageLists {
  readonly length: number;
  readonly #offsets: Uint32Array;
  readonly #elements: Uint32Array;
  readonly #oids: Uint32Array;
  readonly #names: Uint32Array;
  readonly #strings: StringTable;

  constructor(prefix: string, columns: ReadonlyMap<string, ColumnArray>, strings: StringTable) {
    this.#offsets = columns.get(`${prefix}.listOffsets`) as Uint32Array;
    this.#elements = columns.get(`${prefix}.listElements`) as Uint32Array;
    this.#oids = columns.get(`${prefix}.oid`) as Uint32Array;
    this.#names = columns.get(`${prefix}.name`) as Uint32Array;
    this.#strings = strings;
    this.length = this.#offsets.length - 1;
  }

  /** Whether there is such a list: a larger number, whatever the width of the column that it comes from, is "none". */
  has(list: number): boolean {
    return list < this.length;
  }

  /** The usages of a list, in the order reported; `null` for no list. */
  find(list: number): ExtendedKeyUsage[] | null {
    if (!this.has(list)) return null;
    const usages: ExtendedKeyUsage[] = [];
    for (let index = this.#offsets[list]!; index < this.#offsets[list + 1]!; index += 1) {
      const usage = this.#elements[index]!;
      usages.push({
        oid: this.#strings.find(this.#oids[usage]!),
        name: this.#strings.get(this.#names[usage]!),
      });
    }
    return usages;
  }

  /** How many usages a list has. */
  sizeOf(list: number): number {
    return this.#offsets[list + 1]! - this.#offsets[list]!;
  }

  /** Whether a list holds a usage that one of the folded texts means: its OID when known, or its name. */
  hasAnyOf(list: number, folds: ReadonlySet<number>): boolean {
    for (let index = this.#offsets[list]!; index < this.#offsets[list + 1]!; index += 1) {
      const usage = this.#elements[index]!;
      const oid = this.#oids[usage]!;
      if (oid !== NONE && folds.has(this.#strings.foldOf(oid))) return true;
      if (folds.has(this.#strings.foldOf(this.#names[usage]!))) return true;
    }
    return false;
  }
}
