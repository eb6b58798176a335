import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toComparableSerialNumber } from '../../../../src/core/identifiers.ts';
import { SERIAL_NUMBER_OPERANDS, THUMBPRINT_OPERANDS } from '../../../../src/graphql/filters/identifiers.ts';
import { filterScope } from '../../../../src/graphql/filters/scope.ts';
import { toTextTests } from '../../../../src/graphql/filters/text.ts';
import type { StringFilter } from '../../../../src/graphql/generated/schema-types.ts';
import type { TextTest } from '../../../../src/snapshot/filter.ts';
import { holds, testText } from '../../../support/filter-evaluation.ts';

const THUMBPRINT = '00ab4567890abcdef0123456789abcdef0123456';

const matchesThumbprint = (filter: StringFilter) =>
  holds(
    toTextTests<TextTest>(filter, filterScope(0), (test) => test, THUMBPRINT_OPERANDS),
    (test) => testText(test, THUMBPRINT),
  );

/** @param serialNumber as reported */
const matchesSerialNumber = (filter: StringFilter, serialNumber: string) =>
  holds(
    toTextTests<TextTest>(filter, filterScope(0), (test) => test, SERIAL_NUMBER_OPERANDS),
    (test) => testText(test, toComparableSerialNumber(serialNumber).toLowerCase()),
  );

describe('thumbprint operands', () => {
  it('are taken in any case, with spaces, colons and invisible marks', () => {
    const pasted = `\u200e${THUMBPRINT.toUpperCase().replace(/(..)/g, '$1 ').trim()}`;
    const colons = THUMBPRINT.replace(/(..)(?=.)/g, '$1:');
    for (const eq of [THUMBPRINT, THUMBPRINT.toUpperCase(), pasted, colons]) {
      assert.ok(matchesThumbprint({ eq }), eq);
      assert.ok(!matchesThumbprint({ ne: eq }), eq);
      assert.ok(matchesThumbprint({ in: ['ff', eq] }), eq);
    }
  });

  it('may be a part of one; zeros count', () => {
    assert.ok(matchesThumbprint({ startsWith: '00 AB' }));
    assert.ok(!matchesThumbprint({ startsWith: 'AB' }));
    assert.ok(!matchesThumbprint({ startsWith: '0AB' }));
    assert.ok(matchesThumbprint({ contains: ':0a:BC' }));
    assert.ok(matchesThumbprint({ endsWith: '23\u00a04\u200b56' }));
    assert.ok(!matchesThumbprint({ eq: THUMBPRINT.slice(2) }));
  });

  it('match nothing when they are no hex digits, which is no error', () => {
    assert.ok(!matchesThumbprint({ eq: 'nonsense' }));
    assert.ok(!matchesThumbprint({ contains: 'xyz' }));
    assert.ok(matchesThumbprint({ ne: 'nonsense' }));
  });
});

describe('serial number operands', () => {
  it('are the same with and without separators, 0x and leading zeros', () => {
    for (const eq of ['00AB12', 'ab12', 'AB:12', '0xAB12', ' 0 0a b1 2 ', '\u200eAB12']) {
      for (const reported of ['AB12', '00ab12', '0AB12']) {
        assert.ok(matchesSerialNumber({ eq }, reported), `${eq} ${reported}`);
        assert.ok(!matchesSerialNumber({ ne: eq }, reported));
        assert.ok(matchesSerialNumber({ startsWith: eq }, `${reported}34`));
      }
    }
    assert.ok(matchesSerialNumber({ eq: '00' }, '0'));
    assert.ok(!matchesSerialNumber({ eq: 'AB12' }, 'AB1200'));
  });

  it('lose their leading zeros in contains and endsWith too, and keep those inside', () => {
    for (const part of ['00AB', '0AB', '0x0AB', '0:0:ab', 'AB']) {
      for (const reported of ['1200AB', '12AB', '00AB', 'AB']) {
        assert.ok(matchesSerialNumber({ contains: part }, `${reported}34`), `${part} ${reported}`);
        assert.ok(matchesSerialNumber({ endsWith: part }, reported), `${part} ${reported}`);
        assert.ok(!matchesSerialNumber({ endsWith: part }, `${reported}34`), `${part} ${reported}`);
      }
    }
    assert.ok(matchesSerialNumber({ contains: 'A00B' }, '1A00B2'));
    assert.ok(!matchesSerialNumber({ contains: 'A00B' }, '1A0B2'));
    assert.ok(!matchesSerialNumber({ endsWith: 'AB00' }, 'AB'));
  });

  it('are one zero when they are zeros alone', () => {
    for (const part of ['0', '00', '0x00']) {
      assert.ok(matchesSerialNumber({ contains: part }, '101'), part);
      assert.ok(matchesSerialNumber({ endsWith: part }, '10'), part);
      assert.ok(!matchesSerialNumber({ contains: part }, '00AB'), part);
    }
  });

  it('find every number by any part of it that is not all zeros', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0012AB'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(digits, fc.nat(11), fc.nat(11), (serialNumber, start, length) => {
        const part = serialNumber.slice(start, start + 1 + length);
        fc.pre(/[^0]/.test(part));
        assert.ok(matchesSerialNumber({ contains: part }, serialNumber));
        if (serialNumber.endsWith(part)) assert.ok(matchesSerialNumber({ endsWith: part }, serialNumber));
        if (serialNumber.startsWith(part)) assert.ok(matchesSerialNumber({ startsWith: part }, serialNumber));
        assert.ok(matchesSerialNumber({ eq: serialNumber }, serialNumber));
      }),
    );
  });
});
