/** A page of certificates. */

import type { CertificateConnectionResolvers } from '../generated/resolver-types.ts';

export const CertificateConnection: CertificateConnectionResolvers = {
  edges: (connection, _given, { slices }) =>
    slices.spread(connection.page.rows, (row) => ({ row, connection })),
  nodes: ({ page, toNode }, _given, { slices }) => slices.spread(page.rows, toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
