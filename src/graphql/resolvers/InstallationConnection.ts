/** A page of installations. */

import type { InstallationConnectionResolvers } from '../generated/resolver-types.ts';

export const InstallationConnection: InstallationConnectionResolvers = {
  edges: (connection) => connection.page.rows.map((row) => ({ row, connection })),
  nodes: ({ page, toNode }) => page.rows.map(toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
