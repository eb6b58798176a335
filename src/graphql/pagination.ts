/**
 * The page arguments `first`, `after`, `last` and `before`: how many rows, from which end. The one place that
 * knows the default and the limit. Cursors are decoded by the connection, which knows its order.
 */

import { badUserInput } from '../core/errors.ts';

/** Rows on a page when neither `first` nor `last` says otherwise. */
export const DEFAULT_PAGE_SIZE = 50;
/** Most rows on a page. */
export const MAXIMUM_PAGE_SIZE = 1_000;

/** As the caller gave them; `null` is the same as absent. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** The size of a page, counted from the start or from the end. */
export type PageSize = { readonly first: number } | { readonly last: number };

/**
 * The size asked for: `first`, or `last`, or the first {@link DEFAULT_PAGE_SIZE}. 0 is legal.
 *
 * @throws BAD_USER_INPUT when both are given, or one is negative or over {@link MAXIMUM_PAGE_SIZE}
 */
export function parsePageSize({ first, last }: PageArguments): PageSize {
  if (first != null && last != null) {
    throw badUserInput('first', 'not be given together with last', first);
  }
  if (last != null) return { last: checkSize('last', last) };
  return { first: checkSize('first', first ?? DEFAULT_PAGE_SIZE) };
}

function checkSize(argument: 'first' | 'last', size: number): number {
  if (size < 0 || size > MAXIMUM_PAGE_SIZE) {
    throw badUserInput(argument, `be between 0 and ${MAXIMUM_PAGE_SIZE}`, size);
  }
  return size;
}
