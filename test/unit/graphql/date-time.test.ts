import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GraphQLError, parseValue } from 'graphql';
import { DateTime, formatDateTime, parseDateTime } from '../../../src/graphql/date-time.ts';

const MINIMUM = -62_135_596_800;
const MAXIMUM = 253_402_300_799;

describe('DateTime', () => {
  it('writes UTC to the second, with Z, at both ends of its range', () => {
    assert.equal(formatDateTime(0), '1970-01-01T00:00:00Z');
    assert.equal(formatDateTime(MINIMUM), '0001-01-01T00:00:00Z');
    assert.equal(formatDateTime(MAXIMUM), '9999-12-31T23:59:59Z');
  });

  it('refuses to write what is no whole second in its range', () => {
    for (const value of [0.5, Number.NaN, MINIMUM - 1, MAXIMUM + 1, '0', null]) {
      assert.throws(() => formatDateTime(value), { code: 'INVARIANT_VIOLATED' });
    }
    assert.throws(() => formatDateTime(0.5), {
      message: 'An instant must be a whole number of epoch seconds in the years 0001 to 9999, but is 0.5.',
    });
  });

  it('writes what the calendar says, whichever days were written before', () => {
    const day = 86_400;
    fc.assert(
      fc.property(
        fc.integer({ min: MINIMUM, max: MAXIMUM - 8_193 * day }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: day - 1 })), {
          minLength: 1,
        }),
        (start, steps) => {
          for (const [lap, second] of steps) {
            // Days that are remembered in the same place.
            const seconds = start + lap * 4_096 * day + second;
            const expected = new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
            assert.equal(formatDateTime(seconds), expected);
          }
        },
      ),
    );
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: MINIMUM, max: MAXIMUM }), (seconds) => {
        assert.equal(parseDateTime(formatDateTime(seconds)), seconds);
      }),
    );
  });

  it('reads any offset, lower-case letters, and cuts fractions of a second off', () => {
    const expected = Date.UTC(2026, 10, 23, 8, 15, 30) / 1_000;
    for (const text of [
      '2026-11-23T08:15:30Z',
      '2026-11-23t08:15:30z',
      '2026-11-23T08:15:30.999999999Z',
      '2026-11-23T08:15:30-00:00',
      '2026-11-23T09:45:30+01:30',
      '2026-11-22T22:15:30-10:00',
    ]) {
      assert.equal(parseDateTime(text), expected, text);
    }
    assert.equal(parseDateTime('1969-12-31T23:59:59.9Z'), -1);
    assert.equal(parseDateTime('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29) / 1_000);
  });

  it('refuses what RFC 3339 does not know, and days that do not exist', () => {
    for (const text of [
      '',
      '2026-11-23',
      '2026-11-23T08:15Z',
      '2026-11-23T08:15:30',
      '2026-11-23 08:15:30Z',
      '2026-11-23T08:15:30.Z',
      '2026-11-23T08:15:30+0100',
      '2026-11-23T08:15:30+24:00',
      '2026-11-23T08:15:30+00:60',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-02-29T00:00:00Z',
      '2026-11-00T00:00:00Z',
      '2026-11-23T24:00:00Z',
      '2026-11-23T08:60:00Z',
      '2016-12-31T23:59:60Z',
      '26-11-23T08:15:30Z',
      '02026-11-23T08:15:30Z',
      ' 2026-11-23T08:15:30Z',
      '2026-11-23T08:15:30Z\n',
    ]) {
      assert.equal(parseDateTime(text), undefined, JSON.stringify(text));
    }
  });

  it('refuses years outside of 0001 to 9999, in UTC', () => {
    assert.equal(parseDateTime('0000-12-31T23:59:59Z'), undefined);
    assert.equal(parseDateTime('0001-01-01T00:00:00+00:01'), undefined);
    assert.equal(parseDateTime('9999-12-31T23:59:59-00:01'), undefined);
    assert.equal(parseDateTime('0000-12-31T23:59:00-00:01'), MINIMUM);
  });

  it('says rule and value when a variable or a literal is none', () => {
    const rule = 'be an RFC 3339 instant in the years 0001 to 9999, such as "2026-11-23T08:15:30Z"';
    const refuse = (value: string) => (error: unknown) => {
      assert.ok(error instanceof GraphQLError);
      assert.equal(error.message, `A DateTime must ${rule}, but got: ${value}.`);
      assert.deepEqual(error.extensions, { rule, value });
      return true;
    };
    assert.throws(() => DateTime.parseValue('tomorrow'), refuse('"tomorrow"'));
    assert.throws(() => DateTime.parseValue(0), refuse('0'));
    assert.throws(() => DateTime.parseLiteral(parseValue('"tomorrow"')), refuse('"tomorrow"'));
    assert.throws(() => DateTime.parseLiteral(parseValue('1700000000')), refuse('1700000000'));
  });
});
