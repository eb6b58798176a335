/** What was read for a snapshot, as its manifest counts it. */

import type { SnapshotQualityResolvers } from '../generated/resolver-types.ts';

export const SnapshotQuality: SnapshotQualityResolvers = {
  recordsRead: ({ recordsRead }) => recordsRead,
  recordsRejected: ({ recordsRejected }) => recordsRejected,
  duplicateRecords: ({ duplicateRecords }) => duplicateRecords,
  conflictingRecords: ({ conflictingRecords }) => conflictingRecords,
  unknownColumns: ({ unknownColumns }) => unknownColumns,
  rejections: ({ rejections }) => rejections,
};
