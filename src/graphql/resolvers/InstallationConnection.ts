/** A page of installations. */

import type { InstallationConnectionResolvers } from '../generated/resolver-types.ts';
import { giveRows } from '../given-rows.ts';

export const InstallationConnection: InstallationConnectionResolvers = {
  edges: (connection, _given, context) =>
    giveRows(context, connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, context) => giveRows(context, page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
