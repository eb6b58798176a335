/** The operator's handbook has every fault that is tried, and every fault that has a name or a number is tried. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAULT_FAMILIES } from '../../src/simulator/faults/named-fault.ts';
import { NAMED_FAULTS } from '../../src/simulator/faults/named-faults.ts';
import { nameOf } from '../support/fault-case.ts';
import { SPECIAL_CASES } from '../support/fault-cases/special.ts';
import { FAULT_CASES, MATRIX_END, MATRIX_START, renderMatrix } from '../support/fault-matrix.ts';
import { findSecrets } from '../support/secret-search.ts';

const all = [...FAULT_CASES, ...SPECIAL_CASES];
const names = [...FAULT_CASES.map(nameOf), ...SPECIAL_CASES.map(({ name }) => name)];

test('every family of faults, 14 to 32, has a case, and each case a name of its own', () => {
  const families = Object.keys(FAULT_FAMILIES).map(Number);
  assert.deepEqual(
    families,
    Array.from({ length: 19 }, (_, index) => 14 + index),
  );
  assert.deepEqual([...new Set(all.map(({ family }) => family))].sort(), families);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('every fault that has a name is tried', () => {
  const tried = new Set(
    all.flatMap(({ faults }) => faults.map((order) => (typeof order === 'string' ? order : order[0]))),
  );
  assert.deepEqual(
    Object.keys(NAMED_FAULTS).filter((name) => !tried.has(name as keyof typeof NAMED_FAULTS)),
    [],
  );
});

test('the matrix in docs/operations.md is that of the cases: npm run faults writes it', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const matrix = text.slice(text.indexOf(MATRIX_START) + MATRIX_START.length + 1, text.indexOf(MATRIX_END));
  assert.equal(matrix, renderMatrix());
  for (const name of names) assert.ok(matrix.includes(name), name);
});

test('a secret in a log is found, also as a part of a token, and in the form of a query', () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaS5leGFtcGxlIiwiaXNzIjoieCJ9.c2lnbmF0dXJl';
  const secrets = [token, 'a+b/c='];
  const [head, claims, signature] = token.split('.');
  for (const line of [
    token,
    `${head}.${claims}`,
    claims!,
    `…${signature}`,
    'https://host/file?sig=a%2Bb%2Fc%3D&sp=r',
    'secret a+b/c=',
  ]) {
    assert.notDeepEqual(findSecrets(['a harmless line', line], secrets), [], line);
  }
  assert.deepEqual(findSecrets(['a harmless line', `${head}. and no more`], secrets), []);
});
