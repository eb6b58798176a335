/** A page of device groups. */

import type { RbacGroupConnectionResolvers } from '../generated/resolver-types.ts';

export const RbacGroupConnection: RbacGroupConnectionResolvers = {
  edges: (connection, _given, { slices }) =>
    slices.spread(connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, { slices }) => slices.spread(page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
