/**
 * Devices, one row a device id, and the RBAC groups that they are in.
 *
 * devices:     deviceId, name            texts
 *              rbacGroup                 u32, row of the group
 *              certificateCount          u32
 *              installationOffsets       u32[rows + 1]: installations are sorted by device
 * rbacGroups:  rbacGroupId, name         texts
 *              installationCount         u32
 *              deviceOffsets, deviceRows             u32, devices of each group, ascending
 *              certificateOffsets, certificateRows   u32, certificates on them, ascending
 */

import type { SortedInstallations } from './encode-installations.ts';
import type { EncodedTable } from './encoded-table.ts';
import { DEVICE, Uint32List } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { countOffsets, distribute } from './orders.ts';
import { NONE } from './string-table.ts';

export interface DevicesAndGroups {
  readonly devices: EncodedTable;
  readonly rbacGroups: EncodedTable;
  readonly rbacGroupCount: number;
}

export function encodeDevices(
  { devices, groups }: MergedRecords,
  installations: SortedInstallations,
  textOf: (id: number) => string,
): DevicesAndGroups {
  const groupIds = devices.columns.get(DEVICE.rbacGroupId)!;
  const inUse = new Set(groupIds);
  const groupRows = [...groups.identity.keys()].filter((row) => inUse.has(groups.identity[row]!));
  const rowOfGroupId = new Map(groupRows.map((row, index) => [groups.identity[row]!, index]));
  const groupNames = groups.columns.get(1)!;
  const rbacGroup = Uint32Array.from(groupIds, (id) => (Number.isNaN(id) ? NONE : rowOfGroupId.get(id)!));
  const toTexts = (ids: ArrayLike<number>): (string | null)[] =>
    Array.from(ids, (id) => (Number.isNaN(id) ? null : textOf(id)));
  const installationOffsets = countOffsets(installations.device, devices.length);
  return {
    devices: {
      columns: new Map([
        ['rbacGroup', rbacGroup],
        ['certificateCount', countCertificates(installationOffsets, installations.certificate)],
        ['installationOffsets', installationOffsets],
      ]),
      textColumns: new Map([
        ['deviceId', toTexts(devices.identity)],
        ['name', toTexts(devices.columns.get(DEVICE.name)!)],
      ]),
    },
    rbacGroups: {
      columns: relateGroups(rbacGroup, rowOfGroupId.size, installationOffsets, installations.certificate),
      textColumns: new Map([
        ['rbacGroupId', groupRows.map((row) => textOf(groups.identity[row]!))],
        ['name', toTexts(groupRows.map((row) => groupNames[row]!))],
      ]),
    },
    rbacGroupCount: rowOfGroupId.size,
  };
}

/** Distinct certificates of each device: within a device installations are sorted by certificate. */
function countCertificates(offsets: Uint32Array, certificate: Uint32Array): Uint32Array {
  const counts = new Uint32Array(offsets.length - 1);
  for (let device = 0; device < counts.length; device += 1) {
    for (let row = offsets[device]!; row < offsets[device + 1]!; row += 1) {
      if (row === offsets[device] || certificate[row] !== certificate[row - 1]) counts[device]! += 1;
    }
  }
  return counts;
}

function relateGroups(
  rbacGroup: Uint32Array,
  groupCount: number,
  installationOffsets: Uint32Array,
  certificate: Uint32Array,
): Map<string, Uint32Array> {
  const buckets = Uint32Array.from(rbacGroup, (group) => (group === NONE ? groupCount : group));
  const deviceOffsets = countOffsets(buckets, groupCount + 1).subarray(0, groupCount + 1);
  const deviceRows = distribute(buckets, groupCount + 1).subarray(0, deviceOffsets[groupCount]);
  const installationCount = new Uint32Array(groupCount);
  const certificateOffsets = new Uint32Array(groupCount + 1);
  const certificateRows = new Uint32List();
  for (let group = 0; group < groupCount; group += 1) {
    const seen = new Set<number>();
    for (const device of deviceRows.subarray(deviceOffsets[group], deviceOffsets[group + 1])) {
      const end = installationOffsets[device + 1]!;
      installationCount[group]! += end - installationOffsets[device]!;
      for (let row = installationOffsets[device]!; row < end; row += 1) seen.add(certificate[row]!);
    }
    for (const row of Uint32Array.from(seen).sort()) certificateRows.push(row);
    certificateOffsets[group + 1] = certificateRows.length;
  }
  return new Map([
    ['installationCount', installationCount],
    ['deviceOffsets', deviceOffsets],
    ['deviceRows', deviceRows],
    ['certificateOffsets', certificateOffsets],
    ['certificateRows', certificateRows.toArray()],
  ]);
}
