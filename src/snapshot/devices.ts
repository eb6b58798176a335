/** Reads devices and RBAC groups: see `encode-devices.ts` for the columns. Rows are in identity order. */

import type { ColumnArray } from './format.ts';
import { findOwner } from './owner-index.ts';
import { isIn, type RowSet } from './row-set.ts';
import { NONE, type StringTable } from './string-table.ts';
import { compareText } from './text-order.ts';

type Columns = ReadonlyMap<string, ColumnArray>;

export class DeviceTable {
  readonly length: number;
  readonly #strings: StringTable;
  readonly #ids: Uint32Array;
  readonly #names: Uint32Array;
  readonly #rbacGroup: Uint32Array;
  readonly #certificateCount: Uint32Array;
  readonly #installationOffsets: Uint32Array;
  readonly #installationIndex: Uint32Array;
  readonly #certificateOfInstallation: Uint32Array;
  readonly #visible: RowSet | null;

  /** @param visible the devices that can be found; `null` = all */
  constructor(
    columns: Columns,
    strings: StringTable,
    certificateOfInstallation: Uint32Array,
    visible: RowSet | null,
  ) {
    this.#strings = strings;
    this.#ids = columns.get('deviceId') as Uint32Array;
    this.#names = columns.get('name') as Uint32Array;
    this.#rbacGroup = columns.get('rbacGroup') as Uint32Array;
    this.#certificateCount = columns.get('certificateCount') as Uint32Array;
    this.#installationOffsets = columns.get('installationOffsets') as Uint32Array;
    this.#installationIndex = columns.get('installationIndex') as Uint32Array;
    this.#certificateOfInstallation = certificateOfInstallation;
    this.#visible = visible;
    this.length = this.#ids.length;
  }

  /** Rows of groups by row, for compiled filters. */
  get rbacGroupColumn(): Uint32Array {
    return this.#rbacGroup;
  }

  /** String ids by row, for compiled filters and orders. */
  textIds(column: 'deviceId' | 'name'): Uint32Array {
    return column === 'deviceId' ? this.#ids : this.#names;
  }

  deviceId(row: number): string {
    return this.#strings.get(this.#ids[row]!);
  }

  /** `null` when no record named it. */
  name(row: number): string | null {
    return this.#strings.find(this.#names[row]!);
  }

  /** `null` when no record gave a group id. */
  rbacGroupRow(row: number): number | null {
    return this.#rbacGroup[row] === NONE ? null : this.#rbacGroup[row]!;
  }

  certificateCount(row: number): number {
    return this.#certificateCount[row]!;
  }

  installationCount(row: number): number {
    return this.installationStart(row + 1) - this.installationStart(row);
  }

  /** The first installation row of a device; those of the next one follow. */
  installationStart(row: number): number {
    return this.#installationOffsets[row]!;
  }

  /** The device that an installation is on. A few nanoseconds where devices have many installations. */
  rowOfInstallation(installation: number): number {
    return findOwner(installation, this.#installationOffsets, this.#installationIndex);
  }

  /** Ascending. O(installations of the device). */
  installationRows(row: number): Uint32Array {
    const start = this.installationStart(row);
    const rows = new Uint32Array(this.installationCount(row));
    for (let index = 0; index < rows.length; index += 1) rows[index] = start + index;
    return rows;
  }

  /** Whether one of the installations of a device passes a test. */
  hasInstallation(row: number, matches: (installation: number) => boolean): boolean {
    const end = this.installationStart(row + 1);
    for (let installation = this.installationStart(row); installation < end; installation += 1) {
      if (matches(installation)) return true;
    }
    return false;
  }

  /** Ascending and distinct. O(installations of the device). */
  certificateRows(row: number): Uint32Array {
    const rows = new Uint32Array(this.certificateCount(row));
    const end = this.installationStart(row + 1);
    let length = 0;
    for (let installation = this.installationStart(row); installation < end; installation += 1) {
      const certificate = this.#certificateOfInstallation[installation]!;
      if (length > 0 && rows[length - 1] === certificate) continue;
      rows[length] = certificate;
      length += 1;
    }
    return rows;
  }

  /** The first row whose id is not below a device id. O(log n). */
  lowerBound(deviceId: string): number {
    return lowerBoundText(this.length, (row) => this.deviceId(row), deviceId);
  }

  /** O(log n). */
  findRow(deviceId: string): number | undefined {
    const row = this.lowerBound(deviceId);
    const isThere = row < this.length && this.deviceId(row) === deviceId;
    return isThere && isIn(this.#visible, row) ? row : undefined;
  }
}

export class RbacGroupTable {
  readonly length: number;
  readonly #strings: StringTable;
  readonly #columns: Columns;
  readonly #visible: RowSet | null;

  /** @param visible the groups that can be found; `null` = all */
  constructor(columns: Columns, strings: StringTable, visible: RowSet | null) {
    this.#columns = columns;
    this.#visible = visible;
    this.#strings = strings;
    this.length = this.textIds('rbacGroupId').length;
  }

  /** String ids by row, for compiled filters. */
  textIds(column: 'rbacGroupId' | 'name'): Uint32Array {
    return this.#u32(column);
  }

  rbacGroupId(row: number): string {
    return this.#strings.get(this.textIds('rbacGroupId')[row]!);
  }

  name(row: number): string | null {
    return this.#strings.find(this.textIds('name')[row]!);
  }

  deviceCount(row: number): number {
    return this.#countRelated('device', row);
  }

  certificateCount(row: number): number {
    return this.#countRelated('certificate', row);
  }

  installationCount(row: number): number {
    return this.#u32('installationCount')[row]!;
  }

  /** Ascending; a view. */
  deviceRows(row: number): Uint32Array {
    return this.#related('device', row);
  }

  /** Ascending; a view. */
  certificateRows(row: number): Uint32Array {
    return this.#related('certificate', row);
  }

  /** The first row whose id is not below a group id. O(log n). */
  lowerBound(rbacGroupId: string): number {
    return lowerBoundText(this.length, (row) => this.rbacGroupId(row), rbacGroupId);
  }

  /** O(log n). */
  findRow(rbacGroupId: string): number | undefined {
    const row = this.lowerBound(rbacGroupId);
    const isThere = row < this.length && this.rbacGroupId(row) === rbacGroupId;
    return isThere && isIn(this.#visible, row) ? row : undefined;
  }

  #u32(name: string): Uint32Array {
    return this.#columns.get(name) as Uint32Array;
  }

  #countRelated(kind: 'device' | 'certificate', row: number): number {
    const offsets = this.#u32(`${kind}Offsets`);
    return offsets[row + 1]! - offsets[row]!;
  }

  #related(kind: 'device' | 'certificate', row: number): Uint32Array {
    const offsets = this.#u32(`${kind}Offsets`);
    return this.#u32(`${kind}Rows`).subarray(offsets[row], offsets[row + 1]);
  }
}

function lowerBoundText(length: number, textAt: (row: number) => string, text: string): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(textAt(middle), text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
