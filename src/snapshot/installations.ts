/** Reads installations: see `encode-installations.ts` for the columns. Rows are in (device, thumbprint, path) order. */

import type { CertificateTable } from './certificates.ts';
import type { DeviceTable } from './devices.ts';
import type { ColumnArray, UnsignedColumn } from './format.ts';
import { joinPath } from './ingest.ts';
import { isIn, type RowSet } from './row-set.ts';
import type { StringTable } from './string-table.ts';
import { compareText } from './text-order.ts';

export class InstallationTable {
  readonly length: number;
  /** Rows of certificates and path entries, for compiled filters and orders. */
  readonly certificateColumn: Uint32Array;
  readonly pathColumn: UnsignedColumn;
  /** Columns of the distinct path entries: string ids, and how the thumbprint follows. */
  readonly paths: {
    readonly prefix: Uint32Array;
    readonly tail: Uint8Array;
    readonly storeLocation: Uint32Array;
    readonly storeName: Uint32Array;
  };
  readonly #strings: StringTable;
  readonly #certificates: CertificateTable;
  readonly #devices: DeviceTable;
  readonly #visible: RowSet | null;

  /** @param visible the installations that can be found; `null` = all */
  constructor(
    columns: ReadonlyMap<string, ColumnArray>,
    strings: StringTable,
    tables: { readonly certificates: CertificateTable; readonly devices: DeviceTable },
    visible: RowSet | null,
  ) {
    this.#strings = strings;
    this.#certificates = tables.certificates;
    this.#devices = tables.devices;
    this.#visible = visible;
    this.certificateColumn = columns.get('certificate') as Uint32Array;
    this.pathColumn = columns.get('path') as UnsignedColumn;
    this.paths = {
      prefix: columns.get('path.prefix') as Uint32Array,
      tail: columns.get('path.tail') as Uint8Array,
      storeLocation: columns.get('path.storeLocation') as Uint32Array,
      storeName: columns.get('path.storeName') as Uint32Array,
    };
    this.length = this.certificateColumn.length;
  }

  certificateRow(row: number): number {
    return this.certificateColumn[row]!;
  }

  /** See {@link DeviceTable.rowOfInstallation}. */
  deviceRow(row: number): number {
    return this.#devices.rowOfInstallation(row);
  }

  /** As reported. */
  path(row: number): string {
    const { prefix, tail } = this.paths;
    const entry = this.pathColumn[row]!;
    const thumbprint = this.#certificates.thumbprint(this.certificateColumn[row]!);
    return joinPath(this.#strings.get(prefix[entry]!), tail[entry]!, thumbprint);
  }

  /** The part before the first backslash, or `null`. */
  storeLocation(row: number): string | null {
    return this.#strings.find(this.paths.storeLocation[this.pathColumn[row]!]!);
  }

  /** The part between the first and the last backslash, or `null`. */
  storeName(row: number): string | null {
    return this.#strings.find(this.paths.storeName[this.pathColumn[row]!]!);
  }

  /** The first row that is not below a full key. O(log n). */
  lowerBound(deviceId: string, thumbprint: string, path: string): number {
    const device = this.#devices.lowerBound(deviceId);
    if (device === this.#devices.length || this.#devices.deviceId(device) !== deviceId) {
      return this.#devices.installationStart(device);
    }
    let low = this.#devices.installationStart(device);
    let high = this.#devices.installationStart(device + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareWithinDevice(middle, thumbprint, path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** O(log n). */
  findRow(deviceId: string, thumbprint: string, path: string): number | undefined {
    const row = this.lowerBound(deviceId, thumbprint, path);
    return this.isAt(row, deviceId, thumbprint, path) && isIn(this.#visible, row) ? row : undefined;
  }

  /** Whether a row is there and has a full key. */
  isAt(row: number, deviceId: string, thumbprint: string, path: string): boolean {
    return (
      row < this.length &&
      this.#devices.deviceId(this.deviceRow(row)) === deviceId &&
      this.#compareWithinDevice(row, thumbprint, path) === 0
    );
  }

  #compareWithinDevice(row: number, thumbprint: string, path: string): number {
    return (
      compareText(this.#certificates.thumbprint(this.certificateColumn[row]!), thumbprint) ||
      compareText(this.path(row), path)
    );
  }
}
