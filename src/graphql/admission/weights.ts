/**
 * What an operation costs, part by part: the one table. The unit of the table is a tenth of a row, so that all are whole
 * numbers and sums do not depend on their order; callers are told rows, rounded up. A row with a few fields takes four to
 * five microseconds of a processor.
 *
 * Why so: ADR 0025; what is dear in a filter, and what is kept for the next one: ADR 0013. For callers: docs/limits.md.
 */

/** Of an amount that is spent once for a field, however many parents it has, and one that is spent for each. */
export interface Price {
  readonly once: number;
  readonly each: number;
}

export const TENTHS_PER_ROW = 10;

/** A scalar or enum: a resolver, and its value printed. */
export const FIELD = 1;
/** A time, printed as a text. */
export const TIME = 2;
/** A list of scalars. */
export const SCALARS = 3;
/** An id or a cursor: texts put together, and printed as one. */
export const OPAQUE = 3;
/** Those of an installation hold three texts, its path among them. */
export const LONG_OPAQUE = 4;
/** An object that is no row: a name, page information, an edge, a part of the schema. */
export const OBJECT = 2;
/** A certificate, a device, an installation, a group: a handle, and a place among its siblings. */
export const ROW = TENTHS_PER_ROW;
/** A connection being opened: its arguments checked, its place found by binary searches, its relation looked up. */
export const PAGE = 20;
/** An order asked for, which a table has ready. */
export const ORDER = 5;
/** An order asked for of a relation: its rows have to be brought into it, some hundred of them. */
export const RELATION_ORDER = 80;
/** The same by path, which is compared as a text: 0.3 ms. */
export const RELATION_PATH_ORDER = 600;
/** A thing looked up by what identifies it: read, checked, searched for. */
export const LOOK_UP = 20;
/**
 * A field whose arguments cannot be read, a null for instance where none may be: an error is made for each parent, which takes
 * longer the further down in a document its field stands.
 */
export const FAULT = 20_000;
/** A list whose length nobody knows beforehand is taken to be this long: usages, budgets, arguments in the schema. */
export const LIST_LENGTH = 4;

/** A comparison: searches for what matches, and a set of it; for each parent, rows asked. */
export const TEST: Price = { once: 1_000, each: 20 };
/** An entry of a list, `and` and `or` included: read, brought to normal form and put in order for each parent. */
export const ENTRY: Price = { once: 3, each: 4 };
/** `contains` and `endsWith`: the bytes of all texts searched once, 25 ms at ten million installations, and then kept. */
export const SEARCH: Price = { once: 6_000, each: 100 };
/** The same of serial numbers and thumbprints, of which each certificate has its own. */
export const KEY_SEARCH: Price = { once: 15_000, each: 100 };
/** The same of paths, 90 ms. */
export const PATH_SEARCH: Price = { once: 25_000, each: 100 };
/** `some` and `none`: the whole relation walked once, some 30 ms; for each parent, the relation of each row, up to 2 ms. */
export const QUANTIFIER: Price = { once: 30_000, each: 4_000 };
/** `certificate` and `device` in a filter of installations: a set of one table carried over to another. */
export const JOIN: Price = { once: 2_000, each: 20 };
/** A filter at all: for each parent its rows, a hundred perhaps, are asked one by one. */
export const FILTER: Price = { once: 0, each: 100 };
/** The same of installations, whose paths are put together to be asked: 0.3 to 0.4 ms a parent. */
export const INSTALLATION_FILTER: Price = { once: 0, each: 850 };

export const FREE: Price = { once: 0, each: 0 };

/** Where counting ends: far over any limit, and still exact. */
const SATURATED = 1e13;

export function add(first: Price, second: Price): Price {
  return { once: saturate(first.once + second.once), each: saturate(first.each + second.each) };
}

/** The price of something that has `count` children of this price. */
export function multiply({ once, each }: Price, count: number): Price {
  return { once, each: saturate(each * count) };
}

/** At least the price of either. */
export function dearer(first: Price, second: Price): Price {
  return { once: Math.max(first.once, second.once), each: Math.max(first.each, second.each) };
}

/** What callers are told: rows, rounded up. */
export function toRows({ once, each }: Price): number {
  return Math.ceil(saturate(once + each) / TENTHS_PER_ROW);
}

function saturate(tenths: number): number {
  return Math.min(tenths, SATURATED);
}
