import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluatePaths } from '../../../src/snapshot/path-sets.ts';
import { listRows } from '../../../src/snapshot/row-set.ts';
import { TextArena } from '../../../src/snapshot/text-arena.ts';
import { evaluateThumbprints } from '../../../src/snapshot/thumbprint-sets.ts';
import { DEFAULT_QUERY_LIMITS, finish } from '../../../src/snapshot/work.ts';
import { openRecords } from '../../support/inventories.ts';
import { LEAF, WORKSTATION } from '../../support/small-inventory.ts';

function createArena(texts: readonly string[]): TextArena {
  const offsets = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) offsets[index + 1] = offsets[index]! + Buffer.byteLength(text);
  return new TextArena(offsets, Buffer.from(texts.join('')));
}

const piece = fc.integer({ min: 1, max: 20 });

test('a search finds the texts that hold the needle, and none across a seam', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1f600}'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 20 }),
      text,
      fc.constantFrom('contains' as const, 'endsWith' as const),
      piece,
      fc.tuple(fc.nat(20), fc.nat(20)),
      (texts, needle, kind, bytesPerPiece, [from, to]) => {
        const start = Math.min(from, texts.length);
        const range = { start, end: Math.max(start, Math.min(to, texts.length)) };
        const limits = { ...DEFAULT_QUERY_LIMITS, bytesPerPiece };
        const set = finish(createArena(texts).search(kind, Buffer.from(needle), range, limits));
        const matches = (each: string): boolean =>
          kind === 'contains' ? each.includes(needle) : each.endsWith(needle);
        const expected = [...texts.keys()]
          .slice(range.start, range.end)
          .filter((index) => matches(texts[index]!));
        assert.deepEqual([...finish(listRows(set, limits))], expected);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a search with more hits than a piece takes misses none', () => {
  const texts = Array.from({ length: 10_000 }, (_, index) => (index % 3 === 0 ? 'plain' : `host ${index}`));
  const set = finish(
    createArena(texts).search(
      'contains',
      Buffer.from('host'),
      { start: 0, end: texts.length },
      DEFAULT_QUERY_LIMITS,
    ),
  );
  assert.equal(set.count, texts.filter((text) => text.startsWith('host')).length);
});

test('a search of paths finds what lies in the store, in the thumbprint, and across the seam', () => {
  const thumbprints = ['00ABCDEF', 'AB00ABCD', 'FFFFFF00'].map((start) => start.padEnd(40, '01'));
  const prefixes = ['LocalMachine\\My\\', 'LocalMachine\\a\\', 'LocalMachine\\Root\\ab', ''];
  const records = thumbprints.flatMap((thumbprint, index) =>
    [...prefixes.map((prefix) => prefix + thumbprint), 'LocalMachine\\My\\00AB'].map((path, place) => ({
      device: WORKSTATION,
      certificate: { ...LEAF, thumbprint },
      path: place === 1 && index === 1 ? path.toLowerCase() : path,
    })),
  );
  const snapshot = openRecords(records, { cacheBytes: 0 });
  const { installations } = snapshot;
  const paths = Array.from({ length: installations.length }, (_, row) =>
    installations.path(row).toLowerCase(),
  );
  const part = fc
    .record({ row: fc.nat(paths.length - 1), start: fc.nat(60), length: fc.integer({ min: 1, max: 60 }) })
    .map(({ row, start, length }) => paths[row]!.slice(start, start + length));
  fc.assert(
    fc.property(
      part,
      fc.constantFrom('contains' as const, 'endsWith' as const, 'startsWith' as const, 'in' as const),
      (value, kind) => {
        const found = evaluatePaths(kind === 'in' ? { kind, values: [value] } : { kind, value }, snapshot);
        const matches = (path: string): boolean =>
          ({
            contains: path.includes(value),
            endsWith: path.endsWith(value),
            startsWith: path.startsWith(value),
            in: path === value,
          })[kind];
        const expected = [...paths.keys()].filter((row) => matches(paths[row]!));
        assert.deepEqual([...finish(listRows(finish(found), DEFAULT_QUERY_LIMITS))], expected);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a search of thumbprints finds digits wherever they begin', () => {
  const thumbprints = Array.from({ length: 300 }, (_, index) =>
    createHash('sha1').update(String(index)).digest('hex').toUpperCase(),
  ).sort();
  const snapshot = openRecords(
    thumbprints.map((thumbprint) => ({
      device: WORKSTATION,
      certificate: { ...LEAF, thumbprint },
      path: `LocalMachine\\My\\${thumbprint}`,
    })),
  );
  const digits = fc
    .record({ row: fc.nat(299), start: fc.nat(39), length: fc.nat(40) })
    .map(({ row, start, length }) => thumbprints[row]!.toLowerCase().slice(start, start + length));
  const random = fc.string({ unit: fc.constantFrom(...'0123456789abcdefg'), maxLength: 5 });
  fc.assert(
    fc.property(
      fc.oneof(digits, random),
      fc.constantFrom('contains' as const, 'endsWith' as const, 'startsWith' as const),
      piece,
      (value, kind, bytesPerPiece) => {
        const limits = { ...DEFAULT_QUERY_LIMITS, bytesPerPiece, cacheBytes: 0 };
        const bounded = { ...snapshot, queries: { ...snapshot.queries, limits } } as typeof snapshot;
        const set = finish(evaluateThumbprints({ kind, value }, bounded));
        const matches = (each: string): boolean =>
          ({
            contains: each.includes(value),
            endsWith: each.endsWith(value),
            startsWith: each.startsWith(value),
          })[kind];
        const expected = [...thumbprints.keys()].filter((row) => matches(thumbprints[row]!.toLowerCase()));
        assert.deepEqual([...finish(listRows(set, limits))], expected);
      },
    ),
    { numRuns: 600 },
  );
});
