/** One of the device groups of a page, at its place. */

import type { RbacGroupEdgeResolvers } from '../generated/resolver-types.ts';

export const RbacGroupEdge: RbacGroupEdgeResolvers = {
  cursor: ({ row, connection }) => connection.toCursor(row),
  node: ({ row, connection }) => connection.toNode(row),
};
