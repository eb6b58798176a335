/** An urql client of the gateway that says when new data is there. */

import { Client, type Exchange, fetchExchange, mapExchange } from '@urql/core';

/**
 * A client without a cache of documents: the gateway answers from memory, and what is not kept cannot be old.
 *
 * @param onNewSnapshot called when an answer comes from a snapshot that no answer before it came from
 */
export function createClient(gatewayUrl: string, onNewSnapshot: () => void): Client {
  return new Client({
    url: `${gatewayUrl}/graphql`,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    exchanges: [watchSnapshot(onNewSnapshot), fetchExchange],
  });
}

/** Every answer names its snapshot. The first one is no news; one seen before is a replica that lags behind. */
function watchSnapshot(onNewSnapshot: () => void): Exchange {
  const seen = new Set<string>();
  return mapExchange({
    onResult({ extensions }) {
      const id: string | undefined = extensions?.snapshot?.id;
      if (id === undefined || seen.has(id)) return;
      seen.add(id);
      if (seen.size > 1) onNewSnapshot();
    },
  });
}
