/** A page of device groups. */

import type { RbacGroupConnectionResolvers } from '../generated/resolver-types.ts';

export const RbacGroupConnection: RbacGroupConnectionResolvers = {
  edges: (connection) => connection.page.rows.map((row) => ({ row, connection })),
  nodes: ({ page, toNode }) => page.rows.map(toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
