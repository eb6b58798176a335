/**
 * What a filter costs, by the operands that it really has: an operator that is absent, or `null`, is free, whatever its
 * type could hold. Reads filters as graphql-js has coerced them; depth and lengths are checked where they are used.
 */

import {
  add,
  ENTRY,
  FILTER,
  FREE,
  INSTALLATION_FILTER,
  JOIN,
  KEY_SEARCH,
  multiply,
  PATH_SEARCH,
  type Price,
  QUANTIFIER,
  SEARCH,
  TEST,
} from './weights.ts';

/** What a field of a filter costs beside the tests in it; any other costs nothing but them. */
const FIELD_PRICES: ReadonlyMap<string, Price> = new Map([
  ['some', QUANTIFIER],
  ['none', QUANTIFIER],
  ['certificate', JOIN],
  ['device', JOIN],
]);

/** Operators that search texts. */
const SEARCHES: ReadonlySet<string> = new Set(['contains', 'endsWith']);

/** By the field whose texts are searched; of any other it is {@link SEARCH}. */
const SEARCH_PRICES: ReadonlyMap<string, Price> = new Map([
  ['serialNumber', KEY_SEARCH],
  ['thumbprint', KEY_SEARCH],
  ['path', PATH_SEARCH],
]);

/** Objects in objects; what nests deeper is refused before it is asked, and the rest of it costs nothing. */
const MAXIMUM_NESTING = 40;

/**
 * @param filter a filter argument; absent, `null` and `{}` are free
 * @param connection the type of what is filtered
 */
export function priceFilter(filter: unknown, connection: string): Price {
  if (!isObject(filter) || Object.values(filter).every((value) => value == null)) return FREE;
  return add(
    connection === 'InstallationConnection' ? INSTALLATION_FILTER : FILTER,
    pricePart(filter, '', 0),
  );
}

/** @param field the field of a filter that this is the value of */
function pricePart(filter: unknown, field: string, nesting: number): Price {
  if (filter === undefined || filter === null || nesting > MAXIMUM_NESTING) return FREE;
  if (Array.isArray(filter)) {
    const entries = multiplyBoth(ENTRY, filter.length);
    return filter.some(isObject)
      ? filter.reduce<Price>((sum, entry) => add(sum, pricePart(entry, '', nesting + 1)), entries)
      : add(TEST, entries);
  }
  if (!isObject(filter)) return TEST;
  return Object.entries(filter).reduce<Price>((sum, [name, value]) => {
    if (value === undefined || value === null) return sum;
    const price = SEARCHES.has(name) ? (SEARCH_PRICES.get(field) ?? SEARCH) : FIELD_PRICES.get(name);
    return add(sum, add(price ?? FREE, pricePart(value, name, nesting + 1)));
  }, FREE);
}

/** So many of them, each asked for by itself. */
function multiplyBoth({ once, each }: Price, count: number): Price {
  return { ...multiply({ once, each }, count), once: once * count };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
