import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findRepeatedMembers } from '../../../src/identity/repeated-members.ts';

/** A JSON value whose objects may have a name twice. */
type Tree =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'list'; readonly entries: readonly Tree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Tree])[] };

const NAMES = ['a', 'b', '', 'a"', 'b\\', '{', ',', ':', '__proto__'];

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .oneof(fc.constantFrom(...NAMES, '[1,2]', '"a":1,"a":1', '\u2028'), fc.double({ noNaN: true }))
      .map((value): Tree => ({ kind: 'value', text: JSON.stringify(value) })),
    fc.array(tie('tree'), { maxLength: 3 }).map((entries): Tree => ({ kind: 'list', entries })),
    fc
      .array(fc.tuple(fc.constantFrom(...NAMES), tie('tree')), { maxLength: 4 })
      .map((members): Tree => ({ kind: 'object', members })),
  ),
}));

/** Every other name with each of its characters escaped. */
function render(value: Tree): string {
  if (value.kind === 'value') return value.text;
  if (value.kind === 'list') return `[ ${value.entries.map(render).join(' ,\n')} ]`;
  const members = value.members.map(([name, inner], index) => {
    const escaped = [...name].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    return `${index % 2 === 0 ? JSON.stringify(name) : `"${escaped}"`}\t: ${render(inner)}`;
  });
  return `{${members.join(',')}}`;
}

/** Path and names of the objects down to the third level that have a name twice, sorted. */
function expect(value: Tree, path = '', depth = 1): string[] {
  if (value.kind === 'value' || depth > 3) return [];
  if (value.kind === 'list') {
    return value.entries.flatMap((entry, index) => expect(entry, `${path}[${index}]`, depth + 1)).sort();
  }
  const names = value.members.map(([name]) => name);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].sort();
  return [
    ...(repeated.length > 0 ? [JSON.stringify([path, repeated])] : []),
    ...value.members.flatMap(([name, inner]) =>
      expect(inner, path === '' ? name : `${path}.${name}`, depth + 1),
    ),
  ].sort();
}

describe('findRepeatedMembers', () => {
  it('finds what a naive walk finds, however names are written and whatever texts hold', () => {
    let repetitions = 0;
    fc.assert(
      fc.property(tree, (value) => {
        const text = render(value);
        JSON.parse(text);
        const found = findRepeatedMembers(text);
        repetitions += found.length;
        assert.deepEqual(
          found.map(({ path, names }) => JSON.stringify([path, names.toSorted()])).sort(),
          expect(value),
        );
      }),
      { numRuns: 2_000 },
    );
    assert.ok(repetitions > 300, `only ${repetitions} objects had a name twice`);
  });

  it('reads a megabyte of nesting, and of names', () => {
    const depth = 250_000;
    assert.deepEqual(findRepeatedMembers(`${'['.repeat(depth)}${']'.repeat(depth)}`), []);
    const members = Array.from({ length: 50_000 }, (_, index) => `"member ${index}":1`);
    assert.deepEqual(findRepeatedMembers(`{${[...members, '"member 7":2'].join(',')}}`), [
      { path: '', names: ['member 7'] },
    ]);
  });
});
