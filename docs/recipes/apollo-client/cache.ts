/** A cache that knows the gateway's connections, names and interfaces. */

import { InMemoryCache, type PossibleTypesMap } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

/** A list for each filter and each order; the pages of one are joined. Page sizes and cursors make no difference. */
const connection = () => relayStylePagination(['filter', 'orderBy']);

export function createCache(possibleTypes: PossibleTypesMap): InMemoryCache {
  return new InMemoryCache({
    possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          certificates: connection(),
          devices: connection(),
          installations: connection(),
          rbacGroups: relayStylePagination(),
        },
      },
      Certificate: { fields: { devices: connection(), installations: connection() } },
      Device: { fields: { certificates: connection(), installations: connection() } },
      RbacGroup: { fields: { certificates: connection(), devices: connection() } },
      // Has no id: what two queries ask of the same name is put together.
      DistinguishedName: { merge: true },
    },
  });
}
