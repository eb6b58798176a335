/** Records rejected for one reason, as the manifest counts them. */

import type { RecordRejectionResolvers } from '../generated/resolver-types.ts';

export const RecordRejection: RecordRejectionResolvers = {
  reason: ({ reason }) => reason,
  count: ({ count }) => count,
  samples: ({ samples }) => samples,
};
