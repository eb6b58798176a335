/** A page of devices. */

import type { DeviceConnectionResolvers } from '../generated/resolver-types.ts';

export const DeviceConnection: DeviceConnectionResolvers = {
  edges: (connection) => connection.page.rows.map((row) => ({ row, connection })),
  nodes: ({ page, toNode }) => page.rows.map(toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
