/** Reads filter trees literally, for tests of what makes them: connectives here, leaves by a function. */

import type { Connective, ListTest, NumberTest, TextTest } from '../../src/snapshot/filter.ts';

/** Whether all of the trees hold. */
export function holds<Leaf extends { readonly kind: string }>(
  trees: readonly (Connective<Leaf> | Leaf)[],
  test: (leaf: Leaf) => boolean,
): boolean {
  return trees.every((tree) => evaluate(tree, test));
}

function evaluate<Leaf extends { readonly kind: string }>(
  tree: Connective<Leaf> | Leaf,
  test: (leaf: Leaf) => boolean,
): boolean {
  const connective = tree as Connective<Leaf>;
  switch (connective.kind) {
    case 'all':
      return connective.filters.every((part) => evaluate(part, test));
    case 'any':
      return connective.filters.some((part) => evaluate(part, test));
    case 'not':
      return !evaluate(connective.filter, test);
    default:
      return test(tree as Leaf);
  }
}

/** @param value folded, or `null` when missing */
export function testText(test: TextTest, value: string | null): boolean {
  if (test.kind === 'isNull') return value === null;
  if (value === null) return false;
  if (test.kind === 'in') return test.values.includes(value);
  if (test.kind === 'contains') return value.includes(test.value);
  return test.kind === 'startsWith' ? value.startsWith(test.value) : value.endsWith(test.value);
}

export function testNumber(test: NumberTest, value: number | null): boolean {
  if (test.kind === 'isNull') return value === null;
  if (value === null) return false;
  if (test.kind === 'in') return test.values.includes(value);
  if (test.kind === 'range') return value >= (test.minimum ?? value) && value <= (test.maximum ?? value);
  return test.kind === 'greaterThan' ? value > test.value : value < test.value;
}

/** @param elements the folded texts that mean each element, or `null` when the list was not reported */
export function testList(test: ListTest, elements: readonly string[] | null): boolean {
  if (test.kind === 'isNull') return elements === null;
  if (elements === null) return false;
  if (test.kind === 'isEmpty') return elements.length === 0;
  const isThere = (value: string) => elements.includes(value);
  return test.kind === 'hasAny' ? test.values.some(isThere) : test.values.every(isThere);
}
