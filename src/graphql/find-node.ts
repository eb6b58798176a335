/** From a decoded id to the thing that it stands for, as it is now; O(log n). */

import type { NodeHandle } from './handles.ts';
import type { NodeReference } from './node-id.ts';
import type { RefreshPort, RefreshStatusView } from './refresh-port.ts';
import { getSnapshot, type RequestFacts } from './request-facts.ts';
import { requireRight } from './rights.ts';
import { whenKnown } from './when-known.ts';

/**
 * The handle of what a reference stands for, or `null` when there is no such thing, or no longer. A run is found while
 * it is the current or the last one, a snapshot while the request is answered from it.
 *
 * @throws SNAPSHOT_UNAVAILABLE when that takes a snapshot and none is published; FORBIDDEN when it takes the right to read
 */
export function findNode(
  reference: NodeReference,
  facts: RequestFacts,
  refresh: RefreshPort,
): NodeHandle | null | Promise<NodeHandle | null> {
  const [first = '', second = '', third = ''] = reference.key;
  switch (reference.kind) {
    case 'Certificate':
      return toHandle('Certificate', getSnapshot(facts).certificates.findRow(first));
    case 'Device':
      return toHandle('Device', getSnapshot(facts).devices.findRow(first));
    case 'Installation':
      return toHandle('Installation', getSnapshot(facts).installations.findRow(first, second, third));
    case 'RbacGroup':
      return toHandle('RbacGroup', getSnapshot(facts).rbacGroups.findRow(first));
    case 'Snapshot':
      requireRight(facts.caller, 'Inventory.Read');
      return facts.snapshot?.manifest.id === first ? { kind: 'Snapshot' } : null;
    case 'RefreshStatus':
      return whenKnown(refresh.status(), (status) => ({ kind: 'RefreshStatus', status }));
    case 'RefreshRun':
      return whenKnown(refresh.status(), (status) => findRun(first, status));
  }
}

function findRun(runId: string, { currentRun, lastRun }: RefreshStatusView): NodeHandle | null {
  const run = [currentRun, lastRun].find((candidate) => candidate?.runId === runId);
  return run == null ? null : { kind: 'RefreshRun', run };
}

function toHandle<Kind extends 'Certificate' | 'Device' | 'Installation' | 'RbacGroup'>(
  kind: Kind,
  row: number | undefined,
): { readonly kind: Kind; readonly row: number } | null {
  return row === undefined ? null : { kind, row };
}
