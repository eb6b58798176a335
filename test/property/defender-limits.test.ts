/** What is held of a stream is bounded, however much comes: nothing is pulled far past a limit. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasMoreValues } from '../../src/defender/json-size.ts';
import { createPageScanner } from '../../src/defender/page-scanner.ts';
import { createRecordCounter } from '../../src/defender/record-reader.ts';
import { createRecordSplitter } from '../../src/defender/record-splitter.ts';

const GIBIBYTE = 1_073_741_824;
const MAXIMUM_RECORD_BYTES = 100_000;

class TooLong extends Error {}

const limits = { maximumRecordBytes: MAXIMUM_RECORD_BYTES, tooLong: () => new TooLong() };

interface Flood {
  readonly opening: string;
  /** Whole records before the one that does not end. */
  readonly records: number;
  readonly separator: string;
  /** Bytes that repeat to the end of the stream, a gibibyte away. */
  readonly filling: string;
  readonly chunkBytes: number;
}

/** Chunks of a gibibyte, made one at a time. */
function* pour({ opening, records, separator, filling, chunkBytes }: Flood): Generator<Buffer> {
  const chunk = Buffer.alloc(chunkBytes, filling);
  yield Buffer.from(opening + `{"a":1}${separator}`.repeat(records));
  for (let size = 0; size < GIBIBYTE; size += chunkBytes) yield chunk;
}

/** Bytes that were pulled before the stream was refused. */
function countPulled(flood: Flood, write: (chunk: Buffer) => boolean): number {
  let pulled = 0;
  try {
    for (const chunk of pour(flood)) {
      pulled += chunk.length;
      if (!write(chunk)) return pulled;
    }
  } catch (error) {
    assert.ok(error instanceof TooLong);
    return pulled;
  }
  return assert.fail('The stream was read to its end.');
}

const filling = fc.constantFrom('x', '[', '{"a":', '"', '\\', '{"a":"\\"', '1e', '\u00e9', ' \t[');
const flood = (forms: readonly Pick<Flood, 'opening' | 'separator'>[]): fc.Arbitrary<Flood> =>
  fc
    .record({
      form: fc.constantFrom(...forms),
      records: fc.integer({ min: 0, max: 50 }),
      filling,
      chunkBytes: fc.integer({ min: 1_000, max: 1_000_000 }),
    })
    .map(({ form, ...rest }) => ({ ...form, ...rest }));

describe('a record that does not end', () => {
  it('is refused once it is past the limit, in a file of lines and in an array', () => {
    const forms = [
      { opening: '', separator: '\n' },
      { opening: '\ufeff\r\n', separator: '\r\n' },
      { opening: '[', separator: ',' },
    ];
    fc.assert(
      fc.property(flood(forms), (poured) => {
        const splitter = createRecordSplitter(createRecordCounter(), limits);
        const pulled = countPulled(poured, (chunk) => {
          splitter.write(chunk);
          return true;
        });
        assert.ok(pulled <= 2_000 + MAXIMUM_RECORD_BYTES + 2 * poured.chunkBytes, `${pulled}`);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused once it is past the limit, in a page', () => {
    const forms = [{ opening: '{"@odata.context":"x","value":[', separator: ',' }];
    fc.assert(
      fc.property(flood(forms), (poured) => {
        const scanner = createPageScanner(createRecordCounter(), limits);
        const pulled = countPulled(poured, (chunk) => scanner.write(chunk));
        assert.ok(pulled <= 2_000 + MAXIMUM_RECORD_BYTES + 2 * poured.chunkBytes, `${pulled}`);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a page that holds more beside its records than a page does', () => {
  it('is refused after a mebibyte of it', () => {
    const forms = [
      { opening: '<html>', separator: '' },
      { opening: '{"x":"', separator: '' },
      { opening: '{"value":[],"x":[', separator: ',' },
    ];
    fc.assert(
      fc.property(flood(forms), (poured) => {
        const scanner = createPageScanner(createRecordCounter(), limits);
        const pulled = countPulled(poured, (chunk) => scanner.write(chunk));
        assert.ok(pulled <= 2_000 + 1_048_576 + 2 * poured.chunkBytes, `${pulled}`);
        assert.equal(scanner.end().kind, 'MALFORMED');
      }),
      { numRuns: 50 },
    );
  });
});

describe('the number of values in a JSON text', () => {
  const countValues = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, inner) => sum + countValues(inner), 1)
      : 1;

  it('is bounded by its bytes, whatever stands in strings', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.option(fc.constant(2)),
        fc.nat(60),
        (value, indent, maximum) => {
          const bytes = Buffer.from(JSON.stringify(value, null, indent ?? undefined));
          const values = countValues(value);
          if (hasMoreValues(bytes, maximum)) assert.ok(2 * values > maximum);
          else assert.ok(values <= maximum || maximum === 0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
