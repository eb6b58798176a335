/** `and`, `or`, `not`, and the AND between the fields of a filter: the same for certificates, devices, installations. */

import type { Connective } from '../../snapshot/filter.ts';
import { checkListLength, enterField, enterFilter, type FilterScope } from './scope.ts';

/** A filter of the query engine over tests of one table. */
export type Tree<Test> = Connective<Test> | Test;

/** An argument or input field that the caller may leave out, or give as `null`, which is the same. */
export type Optional<Value> = Value | null | undefined;

/** What filters of all types have. */
export interface ConnectiveInput<Input> {
  readonly and?: Optional<readonly Input[]>;
  readonly or?: Optional<readonly Input[]>;
  readonly not?: Optional<Input>;
}

/** All of these; a single one is itself. */
export function allOf<Test>(filters: readonly Tree<Test>[]): Tree<Test> {
  return filters.length === 1 ? filters[0]! : { kind: 'all', filters };
}

/** The plain complement. */
export function not<Test>(filter: Tree<Test>): Tree<Test> {
  return { kind: 'not', filter };
}

/** The test, or its complement. */
export function isExpected<Test>(expected: boolean, test: Test): Tree<Test> {
  return expected ? test : not<Test>(test);
}

/**
 * The filters that `and`, `or` and `not` stand for; none for those that are absent.
 *
 * @param toFilter makes the tree of one inner filter
 * @throws BAD_USER_INPUT for what nests too deep or lists too much
 */
export function toConnectives<Input, Test>(
  input: ConnectiveInput<Input>,
  scope: FilterScope,
  toFilter: (input: Input, scope: FilterScope) => Tree<Test>,
): readonly Tree<Test>[] {
  const filters: Tree<Test>[] = [];
  const toFilters = (list: readonly Input[], name: 'and' | 'or') =>
    checkListLength(enterField(scope, name).path, list).map((entry, index) =>
      toFilter(entry, enterFilter(scope, `${name}.${index}`)),
    );
  if (input.and != null) filters.push({ kind: 'all', filters: toFilters(input.and, 'and') });
  if (input.or != null) filters.push({ kind: 'any', filters: toFilters(input.or, 'or') });
  if (input.not != null) filters.push(not<Test>(toFilter(input.not, enterFilter(scope, 'not'))));
  return filters;
}
