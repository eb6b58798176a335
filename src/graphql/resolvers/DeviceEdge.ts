/** One of the devices of a page, at its place. */

import type { DeviceEdgeResolvers } from '../generated/resolver-types.ts';

export const DeviceEdge: DeviceEdgeResolvers = {
  cursor: ({ row, connection }) => connection.toCursor(row),
  node: ({ row, connection }) => connection.toNode(row),
};
