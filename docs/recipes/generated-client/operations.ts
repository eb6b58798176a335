/** What this client asks. The generator reads this file, and types each operation from the gateway's schema. */

import { graphql } from './gql/gql.ts';

/** One page of the certificates that expire within so many days, soonest first. */
export const EXPIRING_SOON = graphql(`
  query ExpiringSoon($days: Int!, $first: Int!, $after: String) {
    certificates(
      first: $first
      after: $after
      filter: { validity: { expiresWithinDays: $days } }
      orderBy: { field: NOT_AFTER }
    ) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { thumbprint subject { displayName } notAfter validity deviceCount }
    }
  }
`);
