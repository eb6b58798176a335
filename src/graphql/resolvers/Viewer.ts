/** Who asks: the caller of the request. */

import { RIGHTS } from '../../core/caller.ts';
import type { ViewerResolvers } from '../generated/resolver-types.ts';
import { hasRight } from '../rights.ts';

export const Viewer: ViewerResolvers = {
  subject: ({ subject }) => subject,
  kind: ({ kind }) => kind,
  rights: (caller) => RIGHTS.filter((right) => hasRight(caller, right)),
  rbacGroupIds: ({ rbacGroupIds }) => rbacGroupIds,
};
