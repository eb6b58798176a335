/** SQLite as a contender of the queries benchmark, and its reference: the others must answer as it does. */

import type { DatabaseSync } from 'node:sqlite';
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
import { loadTables } from './tables.ts';

type Rows = readonly (readonly SqlValue[])[];

/** Row values walk an index from their place on. */
const DIALECT: Dialect = {
  splitsCursor: true,
  contains: (column, literal) => `instr(${column}, ${literal}) > 0`,
  isAfter: (columns, literals, comparison) =>
    `(${columns.join(', ')}) ${comparison} (${literals.join(', ')})`,
};

serveContender<QueryTask, QueryResult>((task) =>
  askQuestions(task, async () => createContender((await loadTables(task.paths)).database)),
);

function createContender(database: DatabaseSync): Contender<Rows> {
  const prepare = (sql: string) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement as unknown as { all(): Rows; get(): readonly SqlValue[] };
  };
  return {
    findMiddle: (question) =>
      prepare(toIdentitySql(question, prepare(toMiddleSql(question)).get())).get() as Identity,
    prepare: (question, after) => {
      const cursor = after === null ? null : prepare(toCursorSql(question, after)).get();
      const sql = toSql(question, cursor, DIALECT);
      const page = prepare(sql.page);
      const total = prepare(sql.total);
      return {
        page: () => page.all(),
        pageAndTotal: () => ({ rows: page.all(), total: Number(total.get()[0]) }),
        identify: (rows) => rows.map((key) => prepare(toIdentitySql(question, key)).get() as Identity),
      };
    },
  };
}
