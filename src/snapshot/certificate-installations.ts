/**
 * Which installations certificates have: all of them, or those that somebody sees. Counts and rows always agree, so
 * that whoever walks the rows has as many to look at as the count says.
 */

import type { ColumnArray, UnsignedColumn } from './format.ts';
import type { RowRanks } from './row-ranks.ts';
import type { RowSet } from './row-set.ts';

export interface CertificateInstallations {
  /** Rows of installations: those of a certificate stand together, ascending. */
  readonly rows: Uint32Array;
  /** Where those of a certificate start in {@link rows}. */
  start(certificate: number): number;
  /** Where they end; where they start, when it has none. */
  end(certificate: number): number;
  /** The distinct devices that they are on. */
  deviceCount(certificate: number): number;
}

/** All installations, as the columns of the table say. */
export class AllInstallations implements CertificateInstallations {
  readonly rows: Uint32Array;
  readonly #offsets: Uint32Array;
  readonly #deviceCount: UnsignedColumn;

  constructor(columns: ReadonlyMap<string, ColumnArray>) {
    this.rows = columns.get('installationRows') as Uint32Array;
    this.#offsets = columns.get('installationOffsets') as Uint32Array;
    this.#deviceCount = columns.get('deviceCount') as UnsignedColumn;
  }

  start(certificate: number): number {
    return this.#offsets[certificate]!;
  }

  end(certificate: number): number {
    return this.#offsets[certificate + 1]!;
  }

  deviceCount(certificate: number): number {
    return this.#deviceCount[certificate]!;
  }
}

/** The columns of {@link VisibleInstallations}, an entry for each certificate that has one, in their order. */
export interface VisibleColumns {
  /** The certificates that have one. */
  readonly certificates: RowSet;
  readonly ranks: RowRanks;
  readonly rows: Uint32Array;
  /** u32[certificates + 1] */
  readonly offsets: Uint32Array;
  readonly deviceCounts: UnsignedColumn;
}

/** Some of the installations; a certificate outside of {@link VisibleColumns.certificates} has none. */
export class VisibleInstallations implements CertificateInstallations {
  readonly rows: Uint32Array;
  readonly #ranks: RowRanks;
  readonly #offsets: Uint32Array;
  readonly #deviceCounts: UnsignedColumn;

  constructor({ ranks, rows, offsets, deviceCounts }: VisibleColumns) {
    this.rows = rows;
    this.#ranks = ranks;
    this.#offsets = offsets;
    this.#deviceCounts = deviceCounts;
  }

  start(certificate: number): number {
    return this.#offsets[this.#ranks.rankOf(certificate)]!;
  }

  end(certificate: number): number {
    return this.#offsets[this.#ranks.rankOf(certificate + 1)]!;
  }

  deviceCount(certificate: number): number {
    const rank = this.#ranks.rankOf(certificate);
    return rank === this.#ranks.rankOf(certificate + 1) ? 0 : this.#deviceCounts[rank]!;
  }
}
