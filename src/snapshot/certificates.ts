/** Reads certificates: see `encode-certificates.ts` for the columns. Rows are in thumbprint order. */

import { DAY_SECONDS } from '../core/units.ts';
import type { ExtendedKeyUsage } from '../core/usages.ts';
import type { CertificateInstallations } from './certificate-installations.ts';
import type { DeviceTable } from './devices.ts';
import { SELF_SIGNED } from './encode-certificates.ts';
import type { Validity } from './filter.ts';
import type { ColumnArray, UnsignedColumn } from './format.ts';
import { SUBJECT_TYPE } from './ingest.ts';
import { UsageLists } from './names.ts';
import type { SubjectType } from './record.ts';
import { isIn, type RowSet } from './row-set.ts';
import { NONE, type StringTable } from './string-table.ts';

/** Bytes of a thumbprint. */
export const THUMBPRINT_BYTES = 20;

/** What stands beside the columns of the certificates. */
export interface CertificateRelations {
  readonly devices: DeviceTable;
  readonly installations: CertificateInstallations;
  /** The certificates that can be found; `null` = all. */
  readonly visible: RowSet | null;
}

export class CertificateTable {
  readonly length: number;
  /** {@link THUMBPRINT_BYTES} a row, for searches. */
  readonly thumbprintBytes: Buffer;
  /** String ids of the distinct signature algorithms, ascending. */
  readonly algorithmTexts: Uint32Array;
  readonly #keyUsageLists: UsageLists;
  readonly #extendedKeyUsageLists: UsageLists;
  readonly #columns: ReadonlyMap<string, ColumnArray>;
  readonly #strings: StringTable;
  readonly #serialNumber: Uint32Array;
  readonly #subjectType: Uint8Array;
  readonly #isSelfSigned: Uint8Array;
  readonly #keySize: UnsignedColumn;
  readonly #notBefore: Float64Array;
  readonly #notAfter: Float64Array;
  readonly #installations: CertificateInstallations;
  readonly #devices: DeviceTable;
  readonly #visible: RowSet | null;
  /** The thumbprint that was read last: fields of one row come after each other. */
  #readRow = -1;
  #readThumbprint = '';

  constructor(
    columns: ReadonlyMap<string, ColumnArray>,
    names: ReadonlyMap<string, ColumnArray>,
    strings: StringTable,
    { devices, installations, visible }: CertificateRelations,
  ) {
    this.#columns = columns;
    this.#strings = strings;
    this.#keyUsageLists = new UsageLists('keyUsage', names, strings);
    this.#extendedKeyUsageLists = new UsageLists('extendedKeyUsage', names, strings);
    this.algorithmTexts = names.get('signatureAlgorithm.text') as Uint32Array;
    const thumbprints = columns.get('thumbprint') as Uint8Array;
    this.thumbprintBytes = Buffer.from(thumbprints.buffer, thumbprints.byteOffset, thumbprints.byteLength);
    this.#serialNumber = columns.get('serialNumber') as Uint32Array;
    this.#subjectType = columns.get('subjectType') as Uint8Array;
    this.#isSelfSigned = columns.get('isSelfSigned') as Uint8Array;
    this.#keySize = columns.get('keySize') as UnsignedColumn;
    this.#notBefore = columns.get('notBefore') as Float64Array;
    this.#notAfter = columns.get('notAfter') as Float64Array;
    this.#installations = installations;
    this.#devices = devices;
    this.#visible = visible;
    this.length = this.#notAfter.length;
  }

  /** The distinct lists that a column points at. */
  usageLists(column: 'keyUsages' | 'extendedKeyUsages'): UsageLists {
    return column === 'keyUsages' ? this.#keyUsageLists : this.#extendedKeyUsageLists;
  }

  /** A column of row or string ids, for compiled filters and orders. */
  u32(name: 'subject' | 'issuer' | 'serialKey'): Uint32Array {
    return this.#columns.get(name) as Uint32Array;
  }

  /** A column of rows of {@link algorithmTexts} or of {@link usageLists}; a row beyond them is "none". */
  narrow(name: 'signatureAlgorithm' | 'keyUsages' | 'extendedKeyUsages'): UnsignedColumn {
    return this.#columns.get(name) as UnsignedColumn;
  }

  /** 40 upper-case hex digits. */
  thumbprint(row: number): string {
    if (row !== this.#readRow) {
      this.#readThumbprint = this.foldedThumbprint(row).toUpperCase();
      this.#readRow = row;
    }
    return this.#readThumbprint;
  }

  /** 40 lower-case hex digits. */
  foldedThumbprint(row: number): string {
    return this.thumbprintBytes.toString('hex', row * THUMBPRINT_BYTES, (row + 1) * THUMBPRINT_BYTES);
  }

  /** The row of a thumbprint in normal form. O(log n). */
  findRow(thumbprint: string): number | undefined {
    const row = this.lowerBound(thumbprint.toLowerCase());
    const isThere = row < this.length && this.thumbprint(row) === thumbprint.toUpperCase();
    return isThere && isIn(this.#visible, row) ? row : undefined;
  }

  /** The first row whose thumbprint, in lower case, is not below a text. O(log n). */
  lowerBound(folded: string): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.foldedThumbprint(middle) < folded) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  serialNumber(row: number): string | null {
    return this.#strings.find(this.#serialNumber[row]!);
  }

  /** Row of the name, or `null`. */
  subject(row: number): number | null {
    return orNull(this.u32('subject')[row]!);
  }

  /** Row of the name, or `null`. */
  issuer(row: number): number | null {
    return orNull(this.u32('issuer')[row]!);
  }

  subjectType(row: number): SubjectType | null {
    const code = this.#subjectType[row];
    if (code === SUBJECT_TYPE.CERTIFICATE_AUTHORITY) return 'CERTIFICATE_AUTHORITY';
    return code === SUBJECT_TYPE.END_ENTITY ? 'END_ENTITY' : null;
  }

  isSelfSigned(row: number): boolean | null {
    const code = this.#isSelfSigned[row];
    return code === SELF_SIGNED.unknown ? null : code === SELF_SIGNED.yes;
  }

  signatureAlgorithm(row: number): string | null {
    const algorithm = this.narrow('signatureAlgorithm')[row]!;
    return algorithm < this.algorithmTexts.length ? this.#strings.get(this.algorithmTexts[algorithm]!) : null;
  }

  /** Bits. */
  keySize(row: number): number | null {
    return this.#keySize[row]! || null;
  }

  /** Epoch seconds. */
  notBefore(row: number): number | null {
    return numberOrNull(this.#notBefore[row]!);
  }

  /** Epoch seconds. */
  notAfter(row: number): number | null {
    return numberOrNull(this.#notAfter[row]!);
  }

  /** Days as the CA/Browser Forum counts them (BR section 6.3.2): both ends inclusive, a part counts as a day. */
  lifetimeDays(row: number): number | null {
    return numberOrNull(Math.ceil((this.#notAfter[row]! - this.#notBefore[row]! + 1) / DAY_SECONDS));
  }

  /** `undefined` list = not reported. */
  keyUsages(row: number): string[] | null {
    return this.#keyUsageLists.find(this.narrow('keyUsages')[row]!)?.map((usage) => usage.name) ?? null;
  }

  extendedKeyUsages(row: number): ExtendedKeyUsage[] | null {
    return this.#extendedKeyUsageLists.find(this.narrow('extendedKeyUsages')[row]!);
  }

  /** Past `notAfter` expired, before `notBefore` not yet valid, both known otherwise current; ends inclusive. */
  validity(row: number, atSeconds: number): Validity {
    const notBefore = this.#notBefore[row]!;
    const notAfter = this.#notAfter[row]!;
    if (atSeconds > notAfter) return 'EXPIRED';
    if (atSeconds < notBefore) return 'NOT_YET_VALID';
    return Number.isNaN(notBefore) || Number.isNaN(notAfter) ? 'UNKNOWN' : 'CURRENT';
  }

  /** Whole days left, rounded down; negative once expired. */
  daysUntilExpiry(row: number, atSeconds: number): number | null {
    return numberOrNull(Math.floor((this.#notAfter[row]! - atSeconds) / DAY_SECONDS));
  }

  deviceCount(row: number): number {
    return this.#installations.deviceCount(row);
  }

  installationCount(row: number): number {
    return this.#installations.end(row) - this.#installations.start(row);
  }

  /** Ascending; a view. */
  installationRows(row: number): Uint32Array {
    return this.#installations.rows.subarray(this.#installations.start(row), this.#installations.end(row));
  }

  /** Whether one of the installations of a certificate passes a test. */
  hasInstallation(row: number, matches: (installation: number) => boolean): boolean {
    const { rows } = this.#installations;
    const end = this.#installations.end(row);
    for (let place = this.#installations.start(row); place < end; place += 1) {
      if (matches(rows[place]!)) return true;
    }
    return false;
  }

  /** Ascending and distinct. O(installations of the certificate). */
  deviceRows(row: number): Uint32Array {
    const rows = new Uint32Array(this.deviceCount(row));
    let length = 0;
    let end = 0;
    for (const installation of this.installationRows(row)) {
      if (installation < end) continue;
      const device = this.#devices.rowOfInstallation(installation);
      end = this.#devices.installationStart(device + 1);
      rows[length] = device;
      length += 1;
    }
    return rows;
  }
}

function orNull(row: number): number | null {
  return row === NONE ? null : row;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
