/** A page of devices. */

import type { DeviceConnectionResolvers } from '../generated/resolver-types.ts';

export const DeviceConnection: DeviceConnectionResolvers = {
  edges: (connection, _given, { slices }) =>
    slices.spread(connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, { slices }) => slices.spread(page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
