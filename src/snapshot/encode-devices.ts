/**
 * Devices, one row a device id, and the RBAC groups that they are in.
 *
 * devices:     deviceId, name            texts
 *              rbacGroup                 u32, row of the group
 *              certificateCount          u32
 *              installationOffsets       u32[rows + 1]: installations are sorted by device
 *              installationIndex         u32, which device every 64th installation is on: see `owner-index.ts`
 * rbacGroups:  rbacGroupId, name         texts
 *              installationCount         u32
 *              deviceOffsets, deviceRows             u32, devices of each group, ascending
 *              certificateOffsets, certificateRows   u32, certificates on them, ascending
 */

import type { SortedInstallations } from './encode-installations.ts';
import type { EncodedTable } from './encoded-table.ts';
import { Uint32List } from './growing.ts';
import { DEVICE } from './ingest.ts';
import { GROUP, type MergedRecords } from './merge.ts';
import { countOffsets, distribute } from './orders.ts';
import { indexOwners } from './owner-index.ts';
import type { MergedTable } from './settle-parts.ts';
import { NONE } from './string-table.ts';

export interface DevicesAndGroups {
  readonly devices: EncodedTable;
  readonly rbacGroups: EncodedTable;
  readonly rbacGroupCount: number;
}

/** Both tables. Linear in the installations, and in groups times certificates at most. */
export function encodeDevices(
  { devices, groups, certificates }: MergedRecords,
  installations: SortedInstallations,
): DevicesAndGroups {
  const groupIds = readColumn(devices, DEVICE.rbacGroupId);
  const inUse = new Set(groupIds);
  const allGroupIds = readColumn(groups, GROUP.rbacGroupId);
  const groupRows = Uint32Array.from(allGroupIds.keys()).filter((row) => inUse.has(allGroupIds[row]!));
  const rowOfGroupId = new Map(Array.from(groupRows, (row, index) => [allGroupIds[row]!, index]));
  const groupNames = readColumn(groups, GROUP.name);
  const rbacGroup = groupIds.map((id) => (id === NONE ? NONE : rowOfGroupId.get(id)!));
  const { deviceOffsets } = installations;
  return {
    devices: {
      columns: new Map([
        ['rbacGroup', rbacGroup],
        ['certificateCount', countCertificates(deviceOffsets, installations.certificate)],
        ['installationOffsets', deviceOffsets],
        ['installationIndex', indexOwners(deviceOffsets)],
      ]),
      textColumns: new Map([
        ['deviceId', readColumn(devices, DEVICE.deviceId)],
        ['name', readColumn(devices, DEVICE.name)],
      ]),
    },
    rbacGroups: {
      columns: relateGroups(rbacGroup, groupRows.length, installations, certificates.partOfRow.length),
      textColumns: new Map([
        ['rbacGroupId', groupRows.map((row) => allGroupIds[row]!)],
        ['name', groupRows.map((row) => groupNames[row]!)],
      ]),
    },
    rbacGroupCount: groupRows.length,
  };
}

function readColumn({ parts, partOfRow }: MergedTable, column: number): Uint32Array {
  return partOfRow.map((part) => parts.at(part, column));
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
  { deviceOffsets: installationOffsets, certificate }: SortedInstallations,
  certificateCount: number,
): Map<string, Uint32Array> {
  const buckets = rbacGroup.map((group) => (group === NONE ? groupCount : group));
  const deviceOffsets = countOffsets(buckets, groupCount + 1).subarray(0, groupCount + 1);
  const deviceRows = distribute(buckets, groupCount + 1).subarray(0, deviceOffsets[groupCount]);
  const installationCount = new Uint32Array(groupCount);
  const certificateOffsets = new Uint32Array(groupCount + 1);
  const certificateRows = new Uint32List();
  const groupOfCertificate = new Uint32Array(certificateCount).fill(NONE);
  for (let group = 0; group < groupCount; group += 1) {
    const first = certificateRows.length;
    for (let index = deviceOffsets[group]!; index < deviceOffsets[group + 1]!; index += 1) {
      const device = deviceRows[index]!;
      const end = installationOffsets[device + 1]!;
      installationCount[group]! += end - installationOffsets[device]!;
      for (let row = installationOffsets[device]!; row < end; row += 1) {
        const own = certificate[row]!;
        if (groupOfCertificate[own] === group) continue;
        groupOfCertificate[own] = group;
        certificateRows.push(own);
      }
    }
    sortMarked(certificateRows.toArray().subarray(first), groupOfCertificate, group);
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

/** Sorts the rows that are marked: natively when they are few, else by a walk over the marks. */
function sortMarked(rows: Uint32Array, marks: Uint32Array, mark: number): void {
  if (rows.length * SORT_COST < marks.length) {
    rows.sort();
    return;
  }
  for (let row = 0, index = 0; index < rows.length; row += 1) {
    if (marks[row] !== mark) continue;
    rows[index] = row;
    index += 1;
  }
}

/** Steps of a walk that cost as much as sorting one row of a hundred thousand (Node 24). */
const SORT_COST = 50;
