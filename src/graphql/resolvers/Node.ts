/** Handles of nodes carry the name of their type. */

import type { NodeResolvers } from '../generated/resolver-types.ts';

export const Node: NodeResolvers = {
  __resolveType: ({ kind }) => kind,
};
