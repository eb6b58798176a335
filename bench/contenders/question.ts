/**
 * A question of the queries benchmark: a page of 50 rows, in words that an engine over a snapshot and a database over
 * `relational-schema.ts` both understand. `filter` and `sql` of a question say the same.
 */

import type { CertificateFilter, DeviceFilter, InstallationFilter } from '../../src/snapshot/filter.ts';
import type {
  CertificateOrderField,
  DeviceOrderField,
  InstallationOrderField,
} from '../../src/snapshot/row-orders.ts';

/** A filter over a table under its own name. `contains(column, 'text')` is written as each database has it. */
export interface SqlFilter {
  /** What the filter needs besides the table. A `CROSS JOIN` with a condition tells SQLite what to begin with. */
  readonly join?: string;
  readonly where: string;
}

export type QuestionKind = 'page' | 'range' | 'compound';

interface QuestionOf<Table extends string, Filter, Field extends string> {
  readonly name: string;
  readonly kind: QuestionKind;
  readonly table: Table;
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
  /** Whether the page begins after the row in the middle of the table's order. */
  readonly isDeep: boolean;
  readonly filter: Filter | null;
  /** The filter in SQL; `null` = all rows. */
  readonly sql: SqlFilter | null;
}

export type CertificateQuestion = QuestionOf<'certificates', CertificateFilter, CertificateOrderField>;
export type DeviceQuestion = QuestionOf<'devices', DeviceFilter, DeviceOrderField>;
export type InstallationQuestion = QuestionOf<'installations', InstallationFilter, InstallationOrderField>;
export type Question = CertificateQuestion | DeviceQuestion | InstallationQuestion;

export const PAGE_ROWS = 50;
