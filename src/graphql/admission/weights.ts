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

/** A scalar or enum, or a list of them: a resolver, and its value printed. */
export const FIELD = 1;
/** An object that is no row: a name, page information, an edge, a part of the schema. */
export const OBJECT = 2;
/** A certificate, a device, an installation, a group: a handle, and a place among its siblings. */
export const ROW = TENTHS_PER_ROW;
/** A connection being opened: its arguments checked, its place found by binary searches, its relation looked up. */
export const PAGE = 20;
/** An order asked for: a relation has to be brought into it. */
export const ORDER = 5;
/** A list whose length nobody knows beforehand is taken to be this long: usages, budgets, arguments in the schema. */
export const LIST_LENGTH = 4;

/** A comparison: two binary searches to find what matches; for each parent, rows asked. */
export const TEST: Price = { once: 10, each: 2 };
/** An entry of a list, `and` and `or` included: read, brought to normal form and put in order for each parent. */
export const ENTRY: Price = { once: 1, each: 1 };
/**
 * `contains` and `endsWith`: the bytes of all texts searched once, 25 to 90 ms at ten million installations, and then
 * kept. A hundred different ones are an operation's limit, and on the largest fleet what its deadline allows.
 */
export const SEARCH: Price = { once: 20_000, each: 100 };
/** `some` and `none`: the whole relation walked once, some 30 ms; for each parent, the relation of each row. */
export const QUANTIFIER: Price = { once: 10_000, each: 200 };
/** `certificate` and `device` in a filter of installations: a set of one table carried over to another. */
export const JOIN: Price = { once: 500, each: 20 };

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
