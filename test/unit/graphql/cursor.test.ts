import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeOpaque } from '../../../src/graphql/base64url-json.ts';
import { type CursorScope, decodeCursor, encodeCursor } from '../../../src/graphql/cursor.ts';
import type { Position } from '../../../src/snapshot/sequence.ts';

const BY_NOT_AFTER: CursorScope = {
  type: 'Certificate',
  field: 'NOT_AFTER',
  direction: 'ASC',
  valueType: 'number',
  identityLength: 1,
};
const BY_PATH: CursorScope = {
  type: 'Installation',
  field: 'PATH',
  direction: 'DESC',
  valueType: 'string',
  identityLength: 3,
};
const POSITION: Position = { value: 1_700_000_000, identity: ['AB'] };
const CURSOR = encodeCursor(BY_NOT_AFTER, POSITION);

const text = fc.string({ unit: 'grapheme' });
const PLAIN = { noNullPrototype: true } as const;
const place: fc.Arbitrary<{ scope: CursorScope; position: Position }> = fc.oneof(
  fc.record({
    scope: fc.constant(BY_NOT_AFTER),
    position: fc.record({ value: fc.option(fc.integer(), { nil: null }), identity: fc.tuple(text) }, PLAIN),
  }),
  fc.record({
    scope: fc.constant(BY_PATH),
    position: fc.record(
      { value: fc.option(text, { nil: null }), identity: fc.tuple(text, text, text) },
      PLAIN,
    ),
  }),
);

const REFUSED = {
  code: 'BAD_USER_INPUT',
  argument: 'after',
  rule: 'be an unaltered cursor that this API has issued',
};
const MISPLACED = {
  code: 'BAD_USER_INPUT',
  argument: 'before',
  rule: 'be a cursor of Certificate ordered by NOT_AFTER ASC, as this page is',
};

describe('cursors', () => {
  it('give back the place', () => {
    fc.assert(
      fc.property(place, ({ scope, position }) => {
        assert.deepEqual(decodeCursor(encodeCursor(scope, position), scope, 'after'), position);
      }),
    );
  });

  it('are refused when one character is another', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ =+/.é';
    fc.assert(
      fc.property(place, fc.nat(), fc.constantFrom(...alphabet), ({ scope, position }, at, character) => {
        const cursor = encodeCursor(scope, position);
        const index = at % cursor.length;
        fc.pre(cursor[index] !== character);
        const altered = cursor.slice(0, index) + character + cursor.slice(index + 1);
        assert.throws(() => decodeCursor(altered, scope, 'after'), REFUSED);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused when they were cut or grown', () => {
    for (let length = 0; length < CURSOR.length; length += 1) {
      assert.throws(() => decodeCursor(CURSOR.slice(0, length), BY_NOT_AFTER, 'after'), REFUSED);
      assert.throws(() => decodeCursor(CURSOR.slice(CURSOR.length - length), BY_NOT_AFTER, 'after'), REFUSED);
    }
    for (const grown of [`${CURSOR}A`, `${CURSOR}=`, `${CURSOR}\n`, ` ${CURSOR}`, CURSOR + CURSOR]) {
      assert.throws(() => decodeCursor(grown, BY_NOT_AFTER, 'after'), REFUSED);
    }
  });

  it('are refused for another type, order or direction', () => {
    for (const other of [
      { ...BY_NOT_AFTER, type: 'Installation' },
      { ...BY_NOT_AFTER, field: 'NOT_BEFORE' },
      { ...BY_NOT_AFTER, direction: 'DESC' as const },
    ]) {
      assert.throws(() => decodeCursor(encodeCursor(other, POSITION), BY_NOT_AFTER, 'before'), MISPLACED);
    }
  });

  it('are refused from another version, and with a place that the order does not have, checksum or not', () => {
    const forge = (...atoms: (string | number | null)[]) =>
      encodeOpaque(atoms, createHash('sha256').update(JSON.stringify(atoms)).digest().subarray(0, 6));
    assert.equal(forge(1, 'Certificate', 'NOT_AFTER', 'ASC', 1_700_000_000, 'AB'), CURSOR);
    assert.throws(
      () => decodeCursor(forge(2, 'Certificate', 'NOT_AFTER', 'ASC', 1, 'AB'), BY_NOT_AFTER, 'before'),
      MISPLACED,
    );
    for (const forged of [
      forge(1, 'Certificate', 'NOT_AFTER', 'ASC', 'text', 'AB'),
      forge(1, 'Certificate', 'NOT_AFTER', 'ASC'),
      forge(1, 'Certificate', 'NOT_AFTER', 'ASC', 1),
      forge(1, 'Certificate', 'NOT_AFTER', 'ASC', 1, 'AB', 'CD'),
      forge(1, 'Certificate', 'NOT_AFTER', 'ASC', 1, null),
    ]) {
      assert.throws(() => decodeCursor(forged, BY_NOT_AFTER, 'after'), REFUSED);
    }
  });

  it('are named in the error in at most a hundred characters', () => {
    const long = 'x'.repeat(10_000);
    assert.throws(() => decodeCursor(long, BY_NOT_AFTER, 'after'), {
      message: `after must be an unaltered cursor that this API has issued, but got: "${'x'.repeat(98)}….`,
    });
  });
});
