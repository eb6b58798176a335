import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldText } from '../../../src/snapshot/filter.ts';
import { joinPath } from '../../../src/snapshot/ingest.ts';
import { orderByPath } from '../../../src/snapshot/order-paths.ts';
import { countOffsets, distribute, orderByKey } from '../../../src/snapshot/orders.ts';
import { compareBytes, compareText } from '../../../src/snapshot/text-order.ts';

const key = fc.oneof(
  fc.constant(Number.NaN),
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.constant(253_402_300_799),
  fc.constant(-62_135_596_800),
);

test('orderByKey sorts by key with ties by row and rows without a key last', () => {
  fc.assert(
    fc.property(fc.array(key), (keys) => {
      const { rows, known } = orderByKey(Float64Array.from(keys));
      const expected = [...keys.keys()].sort((a, b) => {
        if (Number.isNaN(keys[a]) !== Number.isNaN(keys[b])) return Number.isNaN(keys[a]) ? 1 : -1;
        return (Number.isNaN(keys[a]) ? 0 : keys[a]! - keys[b]!) || a - b;
      });
      assert.deepEqual([...rows], expected);
      assert.equal(known, keys.filter((value) => !Number.isNaN(value)).length);
    }),
  );
});

test('distribute refines an order and keeps it within each bucket', () => {
  const buckets = Uint32Array.of(1, 0, 1, 0);
  assert.deepEqual([...distribute(buckets, 2)], [1, 3, 0, 2]);
  assert.deepEqual([...distribute(buckets, 2, Uint32Array.of(3, 2, 1, 0))], [3, 1, 2, 0]);
  assert.deepEqual([...countOffsets(buckets, 3)], [0, 2, 4, 4]);
});

test('compareBytes orders any two strings as their UTF-8 bytes', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '\uffee', '\u{1f600}', '\u{10ffff}', '\ud7ff', '\ue000'),
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('compareText puts case twins side by side, the upper case one first', () => {
  assert.deepEqual(['b', 'a', 'B', 'A'].sort(compareText), ['A', 'a', 'B', 'b']);
});

test('orderByPath orders as sorting the folded paths does, whole paths and stores among stores included', () => {
  const thumbprints = ['00AA', '0B00', 'AB01', 'FFFF'].map((end) => end.padStart(40, '0b'));
  const [, second = '', third = ''] = thumbprints;
  const prefix = fc.constantFrom(
    ...['S\\', 's\\', 'S\\My\\', 'S\\0b00', 'S\\0B', 'S\\0', 's\\zz', '', 'T\\', `S\\${third}`],
    ...[`S\\${second}`, `S\\${second}0`, `S\\My\\${third}`, 'S\\é', 'S', '\u{1f600}', '\uffee'],
  );
  const entry = fc.record({ prefix, tail: fc.constantFrom(0, 1, 2) });
  const inventory = fc
    .uniqueArray(entry, { minLength: 1, selector: ({ prefix, tail }) => `${tail}${prefix}` })
    .chain((entries) =>
      fc.tuple(
        fc.constant(entries),
        fc.array(fc.tuple(fc.nat({ max: entries.length - 1 }), fc.nat({ max: thumbprints.length - 1 }))),
      ),
    );
  fc.assert(
    fc.property(inventory, ([entries, rows]) => {
      const certificate = Uint32Array.from(rows, ([, row]) => row);
      const ordered = orderByPath({
        path: Uint32Array.from(rows, ([path]) => path),
        certificate,
        byCertificate: distribute(certificate, thumbprints.length),
        prefixes: entries.map(({ prefix }) => prefix),
        tails: Uint8Array.from(entries, ({ tail }) => tail),
        thumbprints: Buffer.from(thumbprints.join(''), 'hex'),
      });
      const paths = rows.map(([path, row]) => {
        const { prefix, tail } = entries[path]!;
        return foldText(joinPath(prefix, tail, thumbprints[row]!));
      });
      const expected = [...rows.keys()].sort((a, b) => compareBytes(paths[a]!, paths[b]!) || a - b);
      assert.deepEqual([...ordered], expected);
    }),
    { numRuns: 2_000 },
  );
});
