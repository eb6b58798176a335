/** Handles of results carry the name of their type. */

import type { RefreshSnapshotResultResolvers } from '../generated/resolver-types.ts';

export const RefreshSnapshotResult: RefreshSnapshotResultResolvers = {
  __resolveType: ({ kind }) => kind,
};
