/** Places in the published snapshot to ask for pages from. */

import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import type { Anchor } from '../../serving/questions.ts';

const MOST_ANCHORS = 2_000;

/**
 * Places all over the tables, each followed by so many rows at least.
 *
 * @throws Error when the fleet is too small
 */
export function findAnchors(
  { certificates, devices }: Snapshot,
  { certificateRows, deviceRows }: { readonly certificateRows: number; readonly deviceRows: number },
): readonly Anchor[] {
  const notAfter = Array.from({ length: certificates.length }, (_, row) => certificates.notAfter(row))
    .filter((value) => value !== null)
    .sort((left, right) => left - right)
    .slice(0, -certificateRows);
  const deviceCount = devices.length - deviceRows;
  if (notAfter.length === 0 || deviceCount <= 0) throw new Error('The fleet is too small for these pages.');
  const count = Math.min(MOST_ANCHORS, Math.max(notAfter.length, deviceCount));
  return Array.from({ length: count }, (_, index) => ({
    notAfter: notAfter[Math.floor((index * notAfter.length) / count)]!,
    deviceId: devices.deviceId(Math.floor((index * deviceCount) / count)),
  }));
}
