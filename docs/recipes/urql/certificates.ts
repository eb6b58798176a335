/** The certificates that expire soon, read page by page. */

import { type Client, gql, type TypedDocumentNode } from '@urql/core';

export interface ExpiringCertificate {
  readonly thumbprint: string;
  readonly subject: { readonly displayName: string } | null;
  readonly notAfter: string;
  readonly deviceCount: number;
}

interface ExpiringSoon {
  readonly certificates: {
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly nodes: readonly ExpiringCertificate[];
  } | null;
}

const EXPIRING_SOON: TypedDocumentNode<ExpiringSoon, { days: number; first: number; after: string | null }> =
  gql`
  query ExpiringSoon($days: Int!, $first: Int!, $after: String) {
    certificates(
      first: $first
      after: $after
      filter: { validity: { expiresWithinDays: $days } }
      orderBy: { field: NOT_AFTER }
    ) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { thumbprint subject { displayName } notAfter deviceCount }
    }
  }
`;

/** One page after the other, soonest first. Throws urql's `CombinedError`. */
export async function* readExpiringSoon(
  client: Client,
  days: number,
  first = 100,
): AsyncGenerator<readonly ExpiringCertificate[]> {
  let after: string | null = null;
  do {
    const { data, error } = await client.query(EXPIRING_SOON, { days, first, after }).toPromise();
    if (error !== undefined) throw error;
    if (data?.certificates == null) return;
    const { nodes, pageInfo }: NonNullable<ExpiringSoon['certificates']> = data.certificates;
    yield nodes;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
}
