/** Questions as SQL, for both databases: keyset pages over `relational-schema.ts`, as a careful engineer writes them. */

import type { Identity } from './query-task.ts';
import { PAGE_ROWS, type Question } from './question.ts';
import { KEYS } from './relational-schema.ts';

export type SqlValue = string | number | bigint | null;

export interface Dialect {
  /** A test whether a column holds a text, which is a literal. */
  readonly contains: (column: string, literal: string) => string;
  /** A test whether columns come after values, all literals, in the order of the columns. */
  readonly isAfter: (
    columns: readonly string[],
    literals: readonly string[],
    comparison: '<' | '>',
  ) => string;
  /**
   * Whether a cursor of a value and a row id is asked for in two halves, equal values and later ones: SQLite seeks an
   * index by the two of them at once only where the key is no row id, and walks through all equal values otherwise.
   */
  readonly splitsCursor: boolean;
}

export interface QuestionSql {
  readonly page: string;
  readonly total: string;
}

/** Columns that sort before the key; `path` is part of it. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  THUMBPRINT: [],
  DEVICE_ID: [],
  NOT_AFTER: ['not_after'],
  NOT_BEFORE: ['not_before'],
  SUBJECT: ['subject_name'],
  ISSUER: ['issuer_name'],
  KEY_SIZE: ['key_size'],
  DEVICE_COUNT: ['device_count'],
  CERTIFICATE_COUNT: ['certificate_count'],
  INSTALLATION_COUNT: ['installation_count'],
  NAME: ['name'],
  PATH: ['path'],
};

/** @param cursor the values of {@link toOrderColumns} of the row after which the page begins */
export function toSql(question: Question, cursor: readonly SqlValue[] | null, dialect: Dialect): QuestionSql {
  const { table, direction, sql } = question;
  const columns = toOrderColumns(question);
  const from = `${table} ${sql?.join ?? ''}`;
  const filters =
    sql === null
      ? []
      : [
          sql.where.replaceAll(/contains\((\w+), ('[^']*')\)/g, (_, column, text) =>
            dialect.contains(column, text),
          ),
        ];
  const toPage = (conditions: readonly string[]): string =>
    `SELECT ${toKeyColumns(question).join(', ')} FROM ${from} ${toWhere(conditions)}
     ORDER BY ${columns.map((column) => `${column} ${direction}`).join(', ')} LIMIT ${PAGE_ROWS}`;
  return {
    page: toPages(columns, cursor, direction, dialect)
      .map((conditions) => toPage([...filters, ...conditions]))
      .reduce(
        (first, second) => `SELECT * FROM (${first}) UNION ALL SELECT * FROM (${second}) LIMIT ${PAGE_ROWS}`,
      ),
    total: `SELECT count(*) AS total FROM ${from} ${toWhere(filters)}`,
  };
}

/** The conditions of the parts that a page is put together from, in their order: one, or two for a split cursor. */
function toPages(
  columns: readonly string[],
  cursor: readonly SqlValue[] | null,
  direction: 'ASC' | 'DESC',
  dialect: Dialect,
): readonly (readonly string[])[] {
  if (cursor === null) return [[]];
  const comparison = direction === 'ASC' ? '>' : '<';
  const literals = cursor.map(toLiteral);
  if (!dialect.splitsCursor || columns.length !== 2)
    return [[dialect.isAfter(columns, literals, comparison)]];
  const [value, key] = columns;
  return [
    [`${value} = ${literals[0]}`, `${key} ${comparison} ${literals[1]}`],
    [`${value} ${comparison} ${literals[0]}`],
  ];
}

function toWhere(conditions: readonly string[]): string {
  return conditions.length === 0
    ? ''
    : `WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`;
}

/** The identities of rows, given by their keys, one statement for each of `keys`. */
export function toIdentitySql({ table }: Pick<Question, 'table'>, key: readonly SqlValue[]): string {
  const [first, certificate, path] = key.map(toLiteral);
  switch (table) {
    case 'certificates':
      return `SELECT thumbprint FROM certificates WHERE certificate = ${first}`;
    case 'devices':
      return `SELECT device_id FROM devices WHERE device = ${first}`;
    case 'installations':
      return `SELECT (SELECT device_id FROM devices WHERE device = ${first}) AS device_id,
                     (SELECT thumbprint FROM certificates WHERE certificate = ${certificate}) AS thumbprint,
                     (SELECT text FROM paths WHERE path = ${path}) AS path`;
  }
}

/** The cursor at a row, given by its identity. */
export function toCursorSql(question: Question, identity: Identity): string {
  const [first, thumbprint, path] = identity.map(toLiteral);
  const isRow = {
    certificates: `thumbprint = ${first}`,
    devices: `device_id = ${first}`,
    installations: `device = (SELECT device FROM devices WHERE device_id = ${first})
                    AND certificate = (SELECT certificate FROM certificates WHERE thumbprint = ${thumbprint})
                    AND path = (SELECT path FROM paths WHERE text = ${path})`,
  }[question.table];
  return `SELECT ${toOrderColumns(question).join(', ')} FROM ${question.table} WHERE ${isRow}`;
}

/** The key of the row in the middle of a question's order. */
export function toMiddleSql(question: Question): string {
  const { table } = question;
  return `SELECT ${toKeyColumns(question).join(', ')} FROM ${table} ORDER BY ${toOrderColumns(question).join(', ')}
          LIMIT 1 OFFSET (SELECT count(*) / 2 FROM ${table})`;
}

function toKeyColumns({ table }: Question): readonly string[] {
  return KEYS[table].map((column) => `${table}.${column}`);
}

function toOrderColumns({ table, field }: Question): readonly string[] {
  const columns = new Set([...ORDERS[field]!, ...KEYS[table]]);
  return Array.from(columns, (column) => `${table}.${column}`);
}

function toLiteral(value: SqlValue): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}
