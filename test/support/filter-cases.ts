/**
 * Filters that ask something of the data at hand: for a column, every operator with operands taken from its
 * values, so that most filters split the rows. Operands come in another case than the data, where case must not matter.
 */

import type { ListFilter, NumberFilter, TextFilter, TimeFilter } from './true-filter.ts';

type Values<Value> = readonly (Value | null)[];

/** Every operator of `StringFilter` over a column of texts, alone and together. */
export function textFilters(values: Values<string>): readonly TextFilter[] {
  const { usual, rare } = pickTwo(values);
  const middle = usual.slice(usual.length >> 2, (usual.length >> 2) + Math.max(1, usual.length >> 1));
  return [
    { eq: swapCase(usual) },
    { ne: swapCase(usual) },
    { in: [swapCase(rare), 'no such text', usual] },
    { in: [] },
    { notIn: [usual, swapCase(rare)] },
    { notIn: [] },
    { contains: swapCase(middle) },
    { contains: 'no such text' },
    { startsWith: swapCase(rare.slice(0, Math.ceil(rare.length / 2))) },
    { endsWith: swapCase(rare.slice(rare.length >> 1)) },
    { isNull: true },
    { isNull: false },
    { eq: null, ne: usual, contains: rare.slice(1) },
    { isNull: false, notIn: [usual], startsWith: rare.slice(0, 1) },
  ];
}

/** Every operator of `IntFilter`. */
export function numberFilters(values: Values<number>): readonly NumberFilter[] {
  const { usual, rare } = pickTwo(values);
  return [
    { eq: usual },
    { ne: usual },
    { in: [rare, usual, -7] },
    { in: [] },
    ...[usual, rare].flatMap((value) => [{ gt: value }, { gte: value }, { lt: value }, { lte: value }]),
    { gt: Math.min(usual, rare) - 1, lt: Math.max(usual, rare) },
    { eq: null, ne: rare, gte: 1 },
    { isNull: true },
    { isNull: false },
  ];
}

/** Every operator of `DateTimeFilter`, over epoch seconds; operands in UTC, with an offset, with a fraction. */
export function timeFilters(values: Values<number>): readonly TimeFilter[] {
  const { usual, rare } = pickTwo(values);
  return [
    { eq: toInstant(usual) },
    { eq: toInstant(usual).replace('Z', '.999Z') },
    // West of Greenwich: of the last instant that there is, the local time must not be of the year 10000.
    { eq: `${toInstant(usual - 5_400).slice(0, -1)}-01:30` },
    { gt: toInstant(usual) },
    { gt: toInstant(rare) },
    { gte: toInstant(usual) },
    { lt: toInstant(usual) },
    { lt: toInstant(rare) },
    { lte: toInstant(rare) },
    { gte: toInstant(Math.min(usual, rare)), lt: toInstant(Math.max(usual, rare)) },
    { isNull: true },
    { isNull: false },
  ];
}

/** Every operator of `StringListFilter` over lists of usages; `others` are other names of `usual` ones. */
export function listFilters(names: readonly [string, string, ...string[]]): readonly ListFilter[] {
  const [first, second] = names;
  return [
    ...names.map((has) => ({ has })),
    { has: first.toUpperCase() },
    { has: 'no such usage' },
    { hasAny: [first, 'no such usage'] },
    { hasAny: [first, second] },
    { hasAny: [] },
    { hasAll: [first, second] },
    { hasAll: [first, 'no such usage'] },
    { hasAll: [] },
    { isEmpty: true },
    { isEmpty: false },
    { isNull: true },
    { isNull: false },
    { has: first, isEmpty: false, isNull: false },
  ];
}

/** RFC 3339 of epoch seconds. */
export function toInstant(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Two known values: the commonest, and the largest of those that come least often. */
function pickTwo<Value extends string | number>(values: Values<Value>): { usual: Value; rare: Value } {
  const counts = new Map<Value, number>();
  for (const value of values) {
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1));
  const usual = byCount[0];
  const rare = byCount.at(-1);
  if (usual === undefined || rare === undefined) throw new RangeError('The column must have a known value.');
  return { usual: usual[0], rare: rare[0] };
}

/** Sharp s and its like grow when they change case, and are left alone. */
function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
