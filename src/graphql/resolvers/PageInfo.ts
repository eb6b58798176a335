/** Where a page stands in the whole. */

import type { PageInfoResolvers } from '../generated/resolver-types.ts';

export const PageInfo: PageInfoResolvers = {
  hasNextPage: ({ page }) => page.hasNextPage,
  hasPreviousPage: ({ page }) => page.hasPreviousPage,
  startCursor: ({ page, toCursor }) => toCursorOrNull(page.rows.at(0), toCursor),
  endCursor: ({ page, toCursor }) => toCursorOrNull(page.rows.at(-1), toCursor),
};

function toCursorOrNull(row: number | undefined, toCursor: (row: number) => string): string | null {
  return row === undefined ? null : toCursor(row);
}
