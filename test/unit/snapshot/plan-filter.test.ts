import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateFilter } from '../../../src/snapshot/filter.ts';
import { planCertificateFilter } from '../../../src/snapshot/plan-filter.ts';
import { LEAF, openSmallInventory } from '../../support/small-inventory.ts';

const snapshot = openSmallInventory();
const keyOf = (filter: CertificateFilter): string => planCertificateFilter(filter, snapshot).key;

const issuer: CertificateFilter = { kind: 'isSelfSigned', value: true };
const contains: CertificateFilter = {
  kind: 'text',
  column: 'signatureAlgorithm',
  test: { kind: 'contains', value: 'sha' },
};
const all = (...filters: CertificateFilter[]): CertificateFilter => ({ kind: 'all', filters });
const not = (filter: CertificateFilter): CertificateFilter => ({ kind: 'not', filter });
const validAt = (at: number): CertificateFilter => ({ kind: 'validity', values: ['CURRENT'], at });
const expiresWithin = (at: number, seconds: number): CertificateFilter => ({
  kind: 'number',
  column: 'notAfter',
  test: { kind: 'range', minimum: at, maximum: at + seconds },
});

describe('the key of a filter', () => {
  test('is the same however its parts are ordered, nested or repeated', () => {
    const key = keyOf(all(issuer, contains));
    assert.equal(keyOf(all(contains, issuer)), key);
    assert.equal(keyOf(all(all(contains), all(issuer, contains))), key);
    assert.equal(keyOf(not(not(all(contains, issuer)))), key);
    assert.equal(keyOf(all(issuer)), keyOf(issuer));
  });

  test('tells filters apart that differ in anything', () => {
    const keys = [
      issuer,
      contains,
      not(issuer),
      all(issuer, contains),
      all(),
      { kind: 'any', filters: [] },
      { kind: 'any', filters: [issuer, contains] },
      { ...contains, test: { kind: 'endsWith', value: 'sha' } },
      { ...contains, column: 'serialNumber' },
    ].map((filter) => keyOf(filter as CertificateFilter));
    assert.equal(new Set(keys).size, keys.length);
  });

  test('is short, however long the filter is, and tells long ones apart', () => {
    const search = (value: string): CertificateFilter => ({ ...contains, test: { kind: 'contains', value } });
    const long = 'x'.repeat(100_000);
    const filters = [`${long}y`, `${long}z`].flatMap((value) => [search(value), not(search(value))]);
    const many = filters.map((filter) =>
      all(filter, ...Array.from({ length: 500 }, (_, at) => search(`${at}`))),
    );
    const keys = [...filters, ...many].map(keyOf);
    assert.equal(new Set(keys).size, keys.length);
    for (const key of keys) assert.ok(key.length <= 128, `${key.length} characters`);
    assert.equal(keyOf(search(`${long}y`)), keys[0]);
  });

  test('does not move with the clock until a certificate does', () => {
    const end = LEAF.notAfter!;
    assert.equal(keyOf(validAt(end - 1_000)), keyOf(validAt(end)));
    assert.notEqual(keyOf(validAt(end)), keyOf(validAt(end + 1)));
    const start = LEAF.notBefore!;
    assert.notEqual(keyOf(validAt(start - 1)), keyOf(validAt(start)));
    assert.equal(keyOf(expiresWithin(end - 500, 3_000)), keyOf(expiresWithin(end - 400, 3_000)));
    assert.notEqual(keyOf(expiresWithin(end - 500, 3_000)), keyOf(expiresWithin(end + 1, 3_000)));
  });

  test('of the complement of a quantifier is the complement', () => {
    const some: CertificateFilter = {
      kind: 'installations',
      quantifier: 'some',
      filter: { kind: 'all', filters: [] },
    };
    assert.equal(keyOf({ ...some, quantifier: 'none' }), keyOf(not(some)));
  });
});
