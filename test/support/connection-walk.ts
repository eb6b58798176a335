/** Walks a connection page by page, forward or backward, and holds every page to what a page must be. */

import assert from 'node:assert/strict';
import type { GraphqlClient } from './gateway.ts';

/** A row as it was asked for, and its id. */
export type WalkedRow<Row> = Row & { readonly id: string };

interface Page<Row> {
  readonly totalCount: number;
  readonly edges: readonly { readonly cursor: string; readonly node: WalkedRow<Row> }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export interface ConnectionWalk {
  /** The field of `Query`: `certificates`. */
  readonly root: string;
  /** What is asked of each node beside its id: `thumbprint`. */
  readonly selection: string;
  readonly pageSize: number;
  /** Type of `filter` and `orderBy`, without the words: `Certificate`. Absent where the field takes neither. */
  readonly type?: string;
  readonly filter?: unknown;
  readonly orderBy?: { readonly field: string; readonly direction?: string };
  readonly direction?: 'forward' | 'backward';
}

/**
 * All rows, in the order of the connection. Every page is checked: its size, both flags, its cursors, `nodes`
 * against `edges`; and the whole: no row twice, and as many as `totalCount` says.
 */
export async function walkConnection<Row>(
  client: GraphqlClient,
  walk: ConnectionWalk,
): Promise<WalkedRow<Row>[]> {
  const query = toQuery(walk);
  const isForward = walk.direction !== 'backward';
  const ask = async (cursor: string | null): Promise<Page<Row>> => {
    const cut = isForward ? { first: walk.pageSize, after: cursor } : { last: walk.pageSize, before: cursor };
    const { filter, orderBy } = walk;
    return (await client.ask<{ connection: Page<Row> }>(query, { ...cut, filter, orderBy })).connection;
  };
  const pages: Page<Row>[] = [];
  let rowCount = 0;
  for (let hasMore = true; hasMore; ) {
    const { startCursor = null, endCursor = null } = pages.at(-1)?.pageInfo ?? {};
    const page = await ask(isForward ? endCursor : startCursor);
    assertWhole(page);
    const { hasNextPage, hasPreviousPage } = page.pageInfo;
    assert.equal(isForward ? hasPreviousPage : hasNextPage, pages.length > 0);
    hasMore = isForward ? hasNextPage : hasPreviousPage;
    pages.push(page);
    rowCount += page.edges.length;
    assert.equal(page.totalCount, pages[0]?.totalCount, 'totalCount is the same on every page');
    assert.equal(hasMore, rowCount < page.totalCount, 'the flag tells the truth');
    if (hasMore) assert.equal(page.edges.length, walk.pageSize, 'a page that is not the last is full');
  }
  const rows = (isForward ? pages : pages.toReversed()).flatMap(({ edges }) => edges.map(({ node }) => node));
  assert.equal(rows.length, pages[0]?.totalCount, 'totalCount is the number of rows');
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'no row comes twice');
  return rows;
}

function assertWhole({ edges, nodes, pageInfo }: Page<unknown>): void {
  assert.deepEqual(
    nodes.map(({ id }) => id),
    edges.map(({ node }) => node.id),
    'nodes are those of the edges',
  );
  assert.equal(pageInfo.startCursor, edges[0]?.cursor ?? null);
  assert.equal(pageInfo.endCursor, edges.at(-1)?.cursor ?? null);
}

function toQuery({ root, selection, type }: ConnectionWalk): string {
  const declared = type === undefined ? '' : `, $filter: ${type}Filter, $orderBy: ${type}Order`;
  const passed = type === undefined ? '' : ', filter: $filter, orderBy: $orderBy';
  return `query Walk($first: Int, $after: String, $last: Int, $before: String${declared}) {
    connection: ${root}(first: $first, after: $after, last: $last, before: $before${passed}) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { id ${selection} } }
      nodes { id }
    }
  }`;
}
