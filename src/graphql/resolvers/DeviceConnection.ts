/** A page of devices. */

import type { DeviceConnectionResolvers } from '../generated/resolver-types.ts';
import { giveRows } from '../given-rows.ts';

export const DeviceConnection: DeviceConnectionResolvers = {
  edges: (connection, _given, context) =>
    giveRows(context, connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, context) => giveRows(context, page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
