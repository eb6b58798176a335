/**
 * Where in the arguments a filter stands: its dotted path for messages, how many filters it stands in, and the
 * instant that it takes for now. Also the three checks that every filter shares: depth, list length, and that a
 * comparison has an operand left.
 */

import { badUserInput } from '../../core/errors.ts';

/** Filters in filters: the argument itself is 1; `and`, `or`, `not`, `some`, `none`, `certificate` and `device` add 1. */
export const MAXIMUM_FILTER_DEPTH = 5;
/** Entries in any list of a filter, and in `nodes(ids)`. */
export const MAXIMUM_LIST_LENGTH = 1_000;

export interface FilterScope {
  /** Dotted path of the filter or operand: `filter.and.0.keySize`. */
  readonly path: string;
  readonly depth: number;
  /** The instant of the request, epoch seconds. */
  readonly nowSeconds: number;
}

/** The scope of the outermost filter, the argument `filter`. */
export function filterScope(nowSeconds: number): FilterScope {
  return { path: 'filter', depth: 1, nowSeconds };
}

/** A field of the filter in `scope`, on the same level. */
export function enterField(scope: FilterScope, field: string): FilterScope {
  return { ...scope, path: `${scope.path}.${field}` };
}

/**
 * A filter within the filter in `scope`.
 *
 * @throws BAD_USER_INPUT when that is one too many; the value is the number of filters that it stands in
 */
export function enterFilter(scope: FilterScope, field: string): FilterScope {
  const inner = { ...enterField(scope, field), depth: scope.depth + 1 };
  if (inner.depth > MAXIMUM_FILTER_DEPTH) {
    throw badUserInput(inner.path, `stand in at most ${MAXIMUM_FILTER_DEPTH - 1} other filters`, scope.depth);
  }
  return inner;
}

/**
 * The list itself.
 *
 * @param path where the caller wrote it
 * @throws BAD_USER_INPUT when it is too long; the value is its length
 */
export function checkListLength<Entry>(path: string, list: readonly Entry[]): readonly Entry[] {
  if (list.length > MAXIMUM_LIST_LENGTH) {
    throw badUserInput(path, `have at most ${MAXIMUM_LIST_LENGTH} entries`, list.length);
  }
  return list;
}

/**
 * The tests made of a comparison's operands.
 *
 * @throws BAD_USER_INPUT when there are none: a lost variable must not return the whole fleet
 */
export function checkOperands<Test>(
  scope: FilterScope,
  comparison: object,
  tests: readonly Test[],
): readonly Test[] {
  if (tests.length === 0)
    throw badUserInput(scope.path, 'have at least one operand that is not null', comparison);
  return tests;
}
