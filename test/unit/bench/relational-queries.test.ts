import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQuestions } from '../../../bench/contenders/questions.ts';
import { type Dialect, toSql } from '../../../bench/contenders/relational-queries.ts';

const DIALECT: Dialect = {
  contains: (column, literal) => `${column} HAS ${literal}`,
  isAfter: (columns, literals, comparison) => `${columns.join()} ${comparison} ${literals.join()}`,
  splitsCursor: false,
};

const find = (name: string) => createQuestions().find((question) => question.name === name)!;
const squeeze = (sql: string): string => sql.replaceAll(/\s+/g, ' ').trim();

test('a question is filtered for all contenders or for none, and its name is its own', () => {
  const questions = createQuestions();
  for (const { name, filter, sql, kind } of questions) {
    assert.equal(filter === null, sql === null, name);
    assert.equal(filter === null, kind === 'page', name);
  }
  assert.equal(new Set(questions.map(({ name }) => name)).size, questions.length);
});

test('a page begins after the values of its cursor, and its total does not', () => {
  const { page, total } = toSql(find('installations by NOT_AFTER, from the middle'), [5, 1, 2, 3], DIALECT);
  assert.equal(
    squeeze(page),
    'SELECT installations.device, installations.certificate, installations.path FROM installations ' +
      'WHERE (installations.not_after,installations.device,installations.certificate,installations.path > 5,1,2,3) ' +
      'ORDER BY installations.not_after ASC, installations.device ASC, installations.certificate ASC, ' +
      'installations.path ASC LIMIT 50',
  );
  assert.equal(squeeze(total), 'SELECT count(*) AS total FROM installations');
});

test('a cursor is split into equal and later values where the database wants it', () => {
  const { page } = toSql(find('certificates by SUBJECT, from the middle'), ["o'neil", 7], {
    ...DIALECT,
    splitsCursor: true,
  });
  const select = 'SELECT certificates.certificate FROM certificates WHERE';
  const order = 'ORDER BY certificates.subject_name ASC, certificates.certificate ASC LIMIT 50';
  assert.equal(
    squeeze(page),
    `SELECT * FROM (${select} (certificates.subject_name = 'o''neil') AND (certificates.certificate > 7) ${order}) ` +
      `UNION ALL SELECT * FROM (${select} (certificates.subject_name > 'o''neil') ${order}) LIMIT 50`,
  );
});

test('a test on a text is written as the database has it', () => {
  const { page, total } = toSql(find('certificates that no name contains, by DEVICE_COUNT'), null, DIALECT);
  for (const sql of [page, total]) assert.match(sql, /WHERE \(subject_common_name HAS 'no such host'\)/);
});
