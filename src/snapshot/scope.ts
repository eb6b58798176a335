/**
 * Row scope: an inventory as somebody sees it who is limited to some RBAC groups. The same bytes and the same row numbers,
 * of which the devices of those groups can be found, the installations on them, and the certificates that have at
 * least one of these; whoever asks the result gets no other row and no count of others.
 *
 *   groups ──► devices ──► installations ──► certificates, their counts, their installations, the orders by count
 *
 * Devices without a group are seen by nobody who is limited.
 */

import { invariant } from '../core/errors.ts';
import { carryDevices } from './carry-rows.ts';
import { type VisibleColumns, VisibleInstallations } from './certificate-installations.ts';
import { narrowValues } from './narrow.ts';
import { RowRanks } from './row-ranks.ts';
import { addRow, createWords, listRows, type RowSet, sealSet, sizeOfSet } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import { placesByNumber } from './sort-numbers.ts';
import type { VisibleRows } from './visible-rows.ts';
import { inPieces, type QueryLimits, type Work } from './work.ts';

/**
 * The part of an inventory that belongs to some RBAC groups. Linear in the installations of the scope, beside a few passes
 * over bits; the result takes about 4 bytes for each of them, 13 to 16 for each of its certificates, and a bit
 * or two for each row of the tables.
 *
 * @param snapshot the whole inventory
 * @param rbacGroupIds as reported; one that no device has stands for nothing, and none for an empty inventory
 */
export function* openScope(snapshot: Snapshot, rbacGroupIds: readonly string[]): Work<Snapshot> {
  invariant(snapshot.visible === null, 'A scope must be one of the whole inventory.');
  const rbacGroups = findGroups(snapshot, rbacGroupIds);
  const devices = yield* collectDevices(snapshot, rbacGroups);
  const installations = yield* carryDevices(devices, snapshot);
  const columns = yield* relateCertificates(snapshot, devices, installations.count);
  const certificateOrders = yield* orderCertificates(columns, snapshot.queries.limits);
  const { certificates, ranks, rows, offsets, deviceCounts } = columns;
  const sets: Pick<VisibleRows, 'certificates' | 'devices' | 'installations' | 'rbacGroups'> = {
    certificates,
    devices,
    installations,
    rbacGroups,
  };
  const arrays = [ranks, rows, offsets, deviceCounts, ...Object.values(certificateOrders)];
  return snapshot.within({
    ...sets,
    certificateInstallations: new VisibleInstallations(columns),
    certificateOrders,
    byteLength:
      Object.values(sets).reduce((sum, set) => sum + sizeOfSet(set), 0) +
      arrays.reduce((sum, { byteLength }) => sum + byteLength, 0),
  });
}

function findGroups({ rbacGroups }: Snapshot, rbacGroupIds: readonly string[]): RowSet {
  const words = createWords(rbacGroups.length);
  for (const id of rbacGroupIds) {
    const row = rbacGroups.findRow(id);
    if (row !== undefined) addRow(words, row);
  }
  return sealSet(words, rbacGroups.length);
}

function* collectDevices({ rbacGroups, devices, queries }: Snapshot, groups: RowSet): Work<RowSet> {
  const words = createWords(devices.length);
  for (const group of yield* listRows(groups, queries.limits)) {
    const rows = rbacGroups.deviceRows(group);
    yield* inPieces(rows.length, queries.limits.rowsPerPiece, (start, end) => {
      for (let index = start; index < end; index += 1) addRow(words, rows[index]!);
    });
    yield;
  }
  return sealSet(words, devices.length);
}

/** Counts what each certificate has on some devices, then lays it out by certificate. */
function* relateCertificates(
  snapshot: Snapshot,
  devices: RowSet,
  installationCount: number,
): Work<VisibleColumns> {
  const { certificateColumn } = snapshot.installations;
  const { length } = snapshot.certificates;
  const { limits } = snapshot.queries;
  const deviceRows = yield* listRows(devices, limits);

  const counts = new Uint32Array(length);
  const deviceCounts = new Uint32Array(length);
  yield* passDevices(deviceRows, snapshot, (start, end) => {
    let previous = -1;
    for (let installation = start; installation < end; installation += 1) {
      const certificate = certificateColumn[installation]!;
      counts[certificate]! += 1;
      // The installations of a device stand by certificate.
      if (certificate !== previous) deviceCounts[certificate]! += 1;
      previous = certificate;
    }
  });

  const certificates = yield* findCounted(counts, limits);
  const certificateRows = yield* listRows(certificates, limits);
  const offsets = new Uint32Array(certificates.count + 1);
  const counted = new Uint32Array(certificates.count);
  /** Where the next installation of a certificate goes. */
  const places = counts;
  yield* inPieces(certificates.count, limits.rowsPerPiece, (start, end) => {
    for (let rank = start; rank < end; rank += 1) {
      const certificate = certificateRows[rank]!;
      offsets[rank + 1] = offsets[rank]! + counts[certificate]!;
      places[certificate] = offsets[rank]!;
      counted[rank] = deviceCounts[certificate]!;
    }
  });
  const rows = new Uint32Array(installationCount);
  yield* passDevices(deviceRows, snapshot, (start, end) => {
    for (let installation = start; installation < end; installation += 1) {
      const certificate = certificateColumn[installation]!;
      rows[places[certificate]!] = installation;
      places[certificate]! += 1;
    }
  });
  const ranks = new RowRanks(certificates);
  return { certificates, ranks, rows, offsets, deviceCounts: narrowValues(counted) };
}

/** Calls `pass` on the installations of each device, yielding after about as many as a piece has. */
function* passDevices(
  deviceRows: Uint32Array,
  { devices, queries }: Snapshot,
  pass: (start: number, end: number) => void,
): Work<void> {
  let since = 0;
  for (const row of deviceRows) {
    const start = devices.installationStart(row);
    const end = devices.installationStart(row + 1);
    pass(start, end);
    since += 1 + end - start;
    if (since < queries.limits.rowsPerPiece) continue;
    since = 0;
    yield;
  }
}

function* findCounted(counts: Uint32Array, { rowsPerPiece }: QueryLimits): Work<RowSet> {
  const words = createWords(counts.length);
  yield* inPieces(counts.length, rowsPerPiece, (start, end) => {
    for (let row = start; row < end; row += 1) if (counts[row]! > 0) addRow(words, row);
  });
  return sealSet(words, counts.length);
}

function* orderCertificates(
  { certificates, offsets, deviceCounts }: VisibleColumns,
  limits: QueryLimits,
): Work<VisibleRows['certificateOrders']> {
  const rows = yield* listRows(certificates, limits);
  const installationCounts = new Uint32Array(certificates.count);
  yield* inPieces(certificates.count, limits.rowsPerPiece, (start, end) => {
    for (let rank = start; rank < end; rank += 1)
      installationCounts[rank] = offsets[rank + 1]! - offsets[rank]!;
  });
  return {
    DEVICE_COUNT: yield* toRows(yield* placesByNumber(deviceCounts, limits), rows, limits),
    INSTALLATION_COUNT: yield* toRows(yield* placesByNumber(installationCounts, limits), rows, limits),
  };
}

/** The rows at some places, written over these. */
function* toRows(places: Uint32Array, rows: Uint32Array, { rowsPerPiece }: QueryLimits): Work<Uint32Array> {
  yield* inPieces(places.length, rowsPerPiece, (start, end) => {
    for (let index = start; index < end; index += 1) places[index] = rows[places[index]!]!;
  });
  return places;
}
