/** One of the installations of a page, at its place. */

import type { InstallationEdgeResolvers } from '../generated/resolver-types.ts';

export const InstallationEdge: InstallationEdgeResolvers = {
  cursor: ({ row, connection }) => connection.toCursor(row),
  node: ({ row, connection }) => connection.toNode(row),
};
