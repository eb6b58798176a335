import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toCanonicalJson } from '../../../src/graphql/canonical-json.ts';

describe('canonical arguments', () => {
  it('do not depend on the order of keys, nor on whether an absent one is written as null', () => {
    const expected = '{"filter":{"and":[{"path":{"eq":"a","ne":"b"}}]},"first":1}';
    assert.equal(toCanonicalJson({ first: 1, filter: { and: [{ path: { eq: 'a', ne: 'b' } }] } }), expected);
    assert.equal(
      toCanonicalJson({
        filter: { not: null, and: [{ path: { ne: 'b', eq: 'a' } }] },
        after: undefined,
        first: 1,
      }),
      expected,
    );
  });

  it('keep the order of lists, and values that differ apart', () => {
    assert.notEqual(toCanonicalJson({ in: ['a', 'b'] }), toCanonicalJson({ in: ['b', 'a'] }));
    assert.notEqual(toCanonicalJson({ eq: '1' }), toCanonicalJson({ eq: 1 }));
    assert.notEqual(toCanonicalJson({ in: [] }), toCanonicalJson({}));
    assert.equal(toCanonicalJson({ b: 1, a: { d: 1, c: 2 } }), '{"a":{"c":2,"d":1},"b":1}');
  });
});
