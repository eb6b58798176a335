/** Reads connections as a whole and page by page, and holds every page to what a page must be. */

import assert from 'node:assert/strict';
import type { Page, PageVariables, RelayConnection } from './relay-connections.ts';

/** Pages of a walk, about: a first one, a last one, and one between them. */
const PAGES_PER_WALK = 3;

/** All rows, in order, from one page. */
export async function readWhole(connection: RelayConnection, choice: PageVariables): Promise<Page['edges']> {
  const page = await connection.read({ ...choice, first: 1_000 });
  checkPage(page);
  assert.equal(page.totalCount, page.edges.length);
  assert.deepEqual([page.pageInfo.hasPreviousPage, page.pageInfo.hasNextPage], [false, false]);
  assert.equal(new Set(toIds(page.edges)).size, page.edges.length, 'no row comes twice');
  return page.edges;
}

export const toIds = (edges: Page['edges']): string[] => edges.map(({ node }) => node.id);

/** What holds of every page. */
export function checkPage({ edges, nodes, pageInfo }: Page): void {
  assert.deepEqual(
    nodes,
    edges.map(({ node }) => node),
    'nodes are those of the edges',
  );
  assert.equal(new Set(edges.map(({ cursor }) => cursor)).size, edges.length, 'cursors are unique');
  assert.equal(pageInfo.startCursor, edges[0]?.cursor ?? null);
  assert.equal(pageInfo.endCursor, edges.at(-1)?.cursor ?? null);
}

/** The ids of all rows, page after page from the start; every page is checked. */
export async function walkForward(
  connection: RelayConnection,
  choice: PageVariables,
  count: number,
): Promise<string[]> {
  const first = Math.ceil(count / PAGES_PER_WALK) || 1;
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page = await connection.read({ ...choice, first, after });
    checkPage(page);
    assert.equal(page.totalCount, count, 'the count does not depend on the page');
    assert.equal(page.pageInfo.hasPreviousPage, ids.length > 0);
    ids.push(...page.nodes.map(({ id }) => id));
    assert.equal(page.pageInfo.hasNextPage, ids.length < count);
    if (!page.pageInfo.hasNextPage) return ids;
    after = page.pageInfo.endCursor;
  }
}

/** The same from the end, in the same order. */
export async function walkBackward(
  connection: RelayConnection,
  choice: PageVariables,
  count: number,
): Promise<string[]> {
  const last = Math.ceil(count / PAGES_PER_WALK) || 1;
  let ids: string[] = [];
  for (let before: string | null = null; ; ) {
    const page: Page = await connection.read({ ...choice, last, before });
    checkPage(page);
    assert.equal(page.totalCount, count, 'the count does not depend on the page');
    assert.equal(page.pageInfo.hasNextPage, ids.length > 0);
    ids = [...page.nodes.map(({ id }) => id), ...ids];
    assert.equal(page.pageInfo.hasPreviousPage, ids.length < count);
    if (!page.pageInfo.hasPreviousPage) return ids;
    before = page.pageInfo.startCursor;
  }
}
