/** The page that callers ask a gateway for while it is measured. */

/** Fifty certificates, the first to expire first, as a dashboard would list them. */
export const PAGE_QUERY = `{
  certificates(first: 50, orderBy: { field: NOT_AFTER }) {
    nodes { thumbprint subject { displayName } issuer { displayName } notAfter keySize deviceCount }
    pageInfo { hasNextPage endCursor }
  }
}`;
