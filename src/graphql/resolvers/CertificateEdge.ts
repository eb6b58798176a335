/** One of the certificates of a page, at its place. */

import type { CertificateEdgeResolvers } from '../generated/resolver-types.ts';

export const CertificateEdge: CertificateEdgeResolvers = {
  cursor: ({ row, connection }) => connection.toCursor(row),
  node: ({ row, connection }) => connection.toNode(row),
};
