/** Notices, from the answers that come in anyway, that the gateway serves newer data. */

import { ApolloLink } from '@apollo/client';
import { tap } from 'rxjs';

/**
 * Every answer names its snapshot. The first one is no news; one seen before is a replica that lags behind.
 *
 * @param onNewSnapshot called after an answer from a snapshot that no answer before it came from
 */
export function createSnapshotLink(onNewSnapshot: () => void): ApolloLink {
  const seen = new Set<string>();
  return new ApolloLink((operation, forward) => {
    let isNew = false;
    return forward(operation).pipe(
      tap({
        next({ extensions }) {
          const id: string | undefined = extensions?.snapshot?.id;
          if (id === undefined || seen.has(id)) return;
          seen.add(id);
          isNew = seen.size > 1;
        },
        complete() {
          if (isNew) onNewSnapshot();
        },
      }),
    );
  });
}
