/**
 * What a filter costs, by the operands that it really has: an operator that is absent, or `null`, is free, whatever its
 * type could hold. Reads filters as graphql-js has coerced them; depth and lengths are checked where they are used.
 */

import { add, ENTRY, FREE, JOIN, multiply, type Price, QUANTIFIER, SEARCH, TEST } from './weights.ts';

/** What a field of a filter costs beside the tests in it; any other costs nothing but them. */
const FIELD_PRICES: ReadonlyMap<string, Price> = new Map([
  ['contains', SEARCH],
  ['endsWith', SEARCH],
  ['some', QUANTIFIER],
  ['none', QUANTIFIER],
  ['certificate', JOIN],
  ['device', JOIN],
]);

/** Objects in objects; what nests deeper is refused before it is asked, and the rest of it costs nothing. */
const MAXIMUM_NESTING = 40;

/** @param filter a filter argument, or any part of one; absent and `null` are free */
export function priceFilter(filter: unknown, nesting = 0): Price {
  if (filter === undefined || filter === null || nesting > MAXIMUM_NESTING) return FREE;
  if (Array.isArray(filter)) {
    const entries = multiplyBoth(ENTRY, filter.length);
    return filter.some(isObject)
      ? filter.reduce<Price>((sum, entry) => add(sum, priceFilter(entry, nesting + 1)), entries)
      : add(TEST, entries);
  }
  if (!isObject(filter)) return TEST;
  return Object.entries(filter).reduce<Price>((sum, [name, value]) => {
    if (value === undefined || value === null) return sum;
    return add(sum, add(FIELD_PRICES.get(name) ?? FREE, priceFilter(value, nesting + 1)));
  }, FREE);
}

/** So many of them, each asked for by itself. */
function multiplyBoth({ once, each }: Price, count: number): Price {
  return { ...multiply({ once, each }, count), once: once * count };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
