/** A page of certificates. */

import type { CertificateConnectionResolvers } from '../generated/resolver-types.ts';

export const CertificateConnection: CertificateConnectionResolvers = {
  edges: (connection) => connection.page.rows.map((row) => ({ row, connection })),
  nodes: ({ page, toNode }) => page.rows.map(toNode),
  pageInfo: (connection) => connection,
  totalCount: (connection) => connection.countMatches(),
};
