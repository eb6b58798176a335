/** Rows on their way into an answer: counted, and no more of them once the request is over. */

import type { RequestFacts } from './request-facts.ts';
import type { MaybePromise } from './slices.ts';

/**
 * A thing made of each row, as graphql-js asks for it: one after the other, each with all of its fields before the
 * next, so that the end of the request ends the list, and with it what the list stands in. Those of a long list come
 * over several turns of the event loop.
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

function* makeItems<Item>(
  { account, deadline, slices }: RequestFacts,
  rows: readonly number[],
  toItem: (row: number) => Item,
): Generator<MaybePromise<Item>, void> {
  for (const item of slices.spread(rows, toItem)) {
    deadline.check();
    account.rows += 1;
    yield item;
  }
}
