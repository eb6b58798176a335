/** A list that grows: the certificates that expire soon, and the machines that each is on. */

import { type ApolloClient, gql, type ObservableQuery, type TypedDocumentNode } from '@apollo/client';

export interface ExpiringSoon {
  readonly certificates: {
    readonly totalCount: number;
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly edges: readonly {
      readonly node: {
        readonly id: string;
        readonly thumbprint: string;
        readonly subject: { readonly displayName: string } | null;
        readonly notAfter: string;
        readonly devices: { readonly edges: readonly { readonly node: { readonly name: string | null } }[] };
      };
    }[];
  } | null;
}

export interface ExpiringSoonVariables {
  readonly days: number;
  readonly first: number;
  readonly after?: string;
}

export const EXPIRING_SOON: TypedDocumentNode<ExpiringSoon, ExpiringSoonVariables> = gql`
  query ExpiringSoon($days: Int!, $first: Int!, $after: String) {
    certificates(
      first: $first
      after: $after
      filter: { validity: { expiresWithinDays: $days } }
      orderBy: { field: NOT_AFTER }
    ) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          id
          thumbprint
          subject { displayName }
          notAfter
          devices(first: 5) { edges { node { id name } } pageInfo { hasNextPage endCursor } }
        }
      }
    }
  }
`;

/** The list as something to subscribe to; it changes with every page and with every refresh. */
export function watchExpiringSoon(
  client: ApolloClient,
  days: number,
  first: number,
): ObservableQuery<ExpiringSoon, ExpiringSoonVariables> {
  return client.watchQuery({ query: EXPIRING_SOON, variables: { days, first } });
}

/**
 * Reads the next page into the list; `false` when there is none. Asks the cache where the list ends, since the
 * list's own result follows a moment later.
 */
export async function loadMore(
  client: ApolloClient,
  list: ObservableQuery<ExpiringSoon, ExpiringSoonVariables>,
): Promise<boolean> {
  const data = client.readQuery({ query: EXPIRING_SOON, variables: list.variables });
  const pageInfo = data?.certificates?.pageInfo;
  if (!pageInfo?.hasNextPage || pageInfo.endCursor === null) return false;
  await list.fetchMore({ variables: { after: pageInfo.endCursor } });
  return true;
}
