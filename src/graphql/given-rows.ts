/** Rows on their way into an answer: counted, and no more of them once the request is over. */

import type { RequestFacts } from './request-facts.ts';
import type { MaybePromise } from './slices.ts';

/**
 * A thing made of each row, as graphql-js asks for it: one after the other, each with its fields before the next. When
 * the request is over, the last one is a promise that says so, which fails the list.
 *
 * graphql-js takes anything that can be iterated for a list, which the generated types do not know; this is not an array.
 */
export function giveRows<Item>(
  facts: RequestFacts,
  rows: readonly number[],
  toItem: (row: number) => Item,
): MaybePromise<Item>[] {
  return makeItems(facts, rows, toItem) as Iterable<MaybePromise<Item>> as MaybePromise<Item>[];
}

/** A thing that was looked up, or will be, counted unless there is none. */
export function giveRow<Item>({ account }: RequestFacts, item: Item): Item {
  if (item !== null) account.rows += 1;
  return item;
}

/**
 * `isTypeOf` of a row: asked by graphql-js of every one before its fields, those too that came by a promise and stand in
 * no list of ours.
 */
export function isStillAsked(_row: unknown, { deadline }: RequestFacts): true | Promise<never> {
  const end = deadline.glance();
  return end === undefined ? true : Promise.reject(end);
}

function* makeItems<Item>(
  { account, deadline }: RequestFacts,
  rows: readonly number[],
  toItem: (row: number) => Item,
): Generator<MaybePromise<Item>, void> {
  for (const row of rows) {
    const end = deadline.glance();
    if (end !== undefined) {
      yield Promise.reject(end);
      return;
    }
    account.rows += 1;
    yield toItem(row);
  }
}
