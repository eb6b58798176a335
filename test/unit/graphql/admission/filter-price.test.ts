import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getNamedType, isInputObjectType } from 'graphql';
import { priceFilter } from '../../../../src/graphql/admission/filter-price.ts';
import {
  add,
  ENTRY,
  FILTER,
  FREE,
  INSTALLATION_FILTER,
  JOIN,
  KEY_SEARCH,
  PATH_SEARCH,
  QUANTIFIER,
  SEARCH,
  TEST,
} from '../../../../src/graphql/admission/weights.ts';
import { createSchema } from '../../../../src/graphql/schema.ts';
import { SCHEMA_TEXT } from '../../../support/graphql-harness.ts';

const CERTIFICATES = 'CertificateConnection';

describe('the price of a filter', () => {
  it('is that of the operators that are there, whatever else there could be', () => {
    for (const nothing of [undefined, null, {}, { thumbprint: null, not: undefined }]) {
      assert.deepEqual(priceFilter(nothing, CERTIFICATES), FREE);
    }
    assert.deepEqual(priceFilter({ keySize: { gt: 1, lt: null } }, CERTIFICATES), add(FILTER, TEST));
  });

  it('has one part for the table and one for each parent, operand by operand', () => {
    const filter = {
      installations: { some: { certificate: { subject: { text: { contains: 'x' } } } } },
      or: [{ thumbprint: { in: ['a', 'b', 'c'] } }],
    };
    const expected = (part: 'once' | 'each') =>
      QUANTIFIER[part] + JOIN[part] + SEARCH[part] + TEST[part] + ENTRY[part] + TEST[part] + 3 * ENTRY[part];
    assert.deepEqual(priceFilter(filter, CERTIFICATES), {
      once: expected('once'),
      each: expected('each') + FILTER.each,
    });
  });

  it('depends on whose rows are asked, and on what is searched', () => {
    for (const [filter, search] of [
      [{ path: { contains: 'x' } }, PATH_SEARCH],
      [{ certificate: { serialNumber: { endsWith: 'x' } } }, add(KEY_SEARCH, JOIN)],
      [{ certificate: { thumbprint: { contains: 'x' } } }, add(KEY_SEARCH, JOIN)],
      [{ storeName: { contains: 'x' } }, SEARCH],
    ] as const) {
      assert.deepEqual(
        priceFilter(filter, 'InstallationConnection'),
        add(add(INSTALLATION_FILTER, TEST), search),
      );
    }
  });

  it('comes to an end of filters that nest deeper than any is read', () => {
    let filter: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) filter = { not: filter };
    assert.deepEqual(priceFilter(filter, CERTIFICATES), FILTER);
  });

  it('was thought about for every field that a filter has', () => {
    const types = ['CertificateFilter', 'DeviceFilter', 'InstallationFilter'];
    const schema = createSchema(SCHEMA_TEXT);
    const seen = new Set(types);
    const operators = new Set<string>();
    for (const name of seen) {
      const type = schema.getType(name);
      assert.ok(isInputObjectType(type));
      for (const field of Object.values(type.getFields())) {
        const inner = getNamedType(field.type);
        if (isInputObjectType(inner)) seen.add(inner.name);
        else operators.add(field.name);
      }
    }
    assert.deepEqual(
      [...operators].sort().join(' '),
      'at contains endsWith eq expiresWithinDays gt gte has hasAll hasAny in isEmpty isNull lt lte ne notIn startsWith',
    );
    assert.deepEqual(
      [...seen]
        .filter((name) => !types.includes(name))
        .sort()
        .join(' '),
      'BooleanFilter DateTimeFilter DistinguishedNameFilter InstallationQuantifier IntFilter RbacGroupFilter StringFilter StringListFilter SubjectTypeFilter ValidityFilter',
    );
  });
});
