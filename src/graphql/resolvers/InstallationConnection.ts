/** A page of installations. */

import type { InstallationConnectionResolvers } from '../generated/resolver-types.ts';

export const InstallationConnection: InstallationConnectionResolvers = {
  edges: (connection, _given, { slices }) =>
    slices.spread(connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, { slices }) => slices.spread(page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
