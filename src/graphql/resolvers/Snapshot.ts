/** The snapshot of the request, as its manifest describes it; the counts are those of what the caller sees. */

import { seesAll } from '../../core/caller.ts';
import type { SnapshotResolvers } from '../generated/resolver-types.ts';
import { encodeNodeId } from '../node-id.ts';
import { getSnapshot, toEpochSeconds } from '../request-facts.ts';
import { hasRight } from '../rights.ts';
import { findExpiry } from '../snapshot-extension.ts';

export const Snapshot: SnapshotResolvers = {
  id: ({ kind }, _given, context) => encodeNodeId(kind, getSnapshot(context).manifest.id),
  revision: (_handle, _given, context) => getSnapshot(context).manifest.revision,
  generatedAt: (_handle, _given, context) => toEpochSeconds(getSnapshot(context).manifest.generatedAtMs),
  publishedAt: (_handle, _given, context) => toEpochSeconds(getSnapshot(context).manifest.publishedAtMs),
  expiresAt: (_handle, _given, context) =>
    toEpochSeconds(findExpiry(getSnapshot(context).manifest, context.snapshotExpiresAfterMs)),
  source: (_handle, _given, context) => getSnapshot(context).manifest.source,
  certificateCount: (_handle, _given, context) => getSnapshot(context).counts.certificates,
  deviceCount: (_handle, _given, context) => getSnapshot(context).counts.devices,
  installationCount: (_handle, _given, context) => getSnapshot(context).counts.installations,
  // It speaks of the whole inventory, and quotes from it.
  quality: (_handle, _given, context) =>
    hasRight(context.caller, 'Inventory.Operate') && seesAll(context.caller)
      ? getSnapshot(context).manifest.quality
      : null,
};
