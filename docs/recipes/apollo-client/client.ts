/** The client: one cache, one gateway, and all of it read anew when the data is. */

import { ApolloClient, ApolloLink, HttpLink, type PossibleTypesMap } from '@apollo/client';
import { createCache } from './cache.ts';
import { createSnapshotLink } from './snapshot-link.ts';

export function createClient(gatewayUrl: string, possibleTypes: PossibleTypesMap): ApolloClient {
  const client: ApolloClient = new ApolloClient({
    cache: createCache(possibleTypes),
    link: ApolloLink.from([createSnapshotLink(refetchAll), new HttpLink({ uri: `${gatewayUrl}/graphql` })]),
  });

  /** Forgets what was answered; what is on screen is asked again, lists from their first page. */
  function refetchAll(): void {
    client.refetchQueries({ updateCache: (cache) => void cache.evict({ id: 'ROOT_QUERY' }) });
  }

  return client;
}
