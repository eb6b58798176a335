/** DuckDB as a contender of the queries benchmark: prepared statements over tables in memory. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { serveContender } from '../../support/processes.ts';
import { askQuestions, type Contender } from '../ask-questions.ts';
import type { Identity, QueryResult, QueryTask } from '../query-task.ts';
import {
  type Dialect,
  type SqlValue,
  toCursorSql,
  toIdentitySql,
  toMiddleSql,
  toSql,
} from '../relational-queries.ts';
import { normalize, openDuckDb, readJson } from './tables.ts';

type Rows = readonly (readonly SqlValue[])[];

/** A test on the first column alone lets whole blocks be skipped, which one on a row of columns does not. */
const DIALECT: Dialect = {
  splitsCursor: false,
  contains: (column, literal) => `contains(${column}, ${literal})`,
  isAfter: ([column, ...columns], [literal, ...literals], comparison) =>
    columns.length === 0
      ? `${column} ${comparison} ${literal}`
      : `${column} ${comparison}= ${literal} AND (${column} ${comparison} ${literal} OR ${DIALECT.isAfter(columns, literals, comparison)})`,
};

serveContender<QueryTask, QueryResult>((task) =>
  askQuestions(task, async () => {
    const database = await openDuckDb(task.threads);
    await readJson(database, task.paths, 'declared');
    await normalize(database);
    return createContender(database);
  }),
);

function createContender(database: DuckDBConnection): Contender<Rows> {
  const ask = async (sql: string): Promise<Rows> =>
    (await database.runAndReadAll(sql)).getRows() as unknown as Rows;
  const askOne = async (sql: string): Promise<readonly SqlValue[]> => (await ask(sql))[0]!;
  return {
    findMiddle: async (question) =>
      (await askOne(toIdentitySql(question, await askOne(toMiddleSql(question))))) as Identity,
    prepare: async (question, after) => {
      const cursor = after === null ? null : await askOne(toCursorSql(question, after));
      const sql = toSql(question, cursor, DIALECT);
      const page = await database.prepare(sql.page);
      const total = await database.prepare(sql.total);
      const askPage = async (): Promise<Rows> => (await page.runAndReadAll()).getRows() as unknown as Rows;
      return {
        page: askPage,
        pageAndTotal: async () => ({
          rows: await askPage(),
          total: Number((await total.runAndReadAll()).getRows()[0]![0]),
        }),
        identify: (rows) =>
          Promise.all(rows.map(async (key) => (await askOne(toIdentitySql(question, key))) as Identity)),
      };
    },
  };
}
