/** From sets of certificates and devices to the sets of their installations. */

import { gatherSet } from './pointed-rows.ts';
import { addRange, addRow, createWords, listRows, type RowSet, sealSet } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import { inPieces, type Work } from './work.ts';

/** Writing a bit somewhere costs as much as reading so many in a row. */
const SCATTER_STEPS = 4;

/** The installations of a set of certificates: written one by one where they are few, else in a pass over all. */
export function* carryCertificates(
  set: RowSet,
  { certificates, installations, queries }: Snapshot,
): Work<RowSet> {
  const { length } = installations;
  const { limits } = queries;
  if (set.count * SCATTER_STEPS > set.length)
    return yield* gatherSet(installations.certificateColumn, set, limits);
  const rows = yield* listRows(set, limits);
  let total = 0;
  yield* inPieces(rows.length, limits.rowsPerPiece, (start, end) => {
    for (let index = start; index < end; index += 1) total += certificates.installationCount(rows[index]!);
  });
  if (total * SCATTER_STEPS > length) return yield* gatherSet(installations.certificateColumn, set, limits);
  const words = createWords(length);
  let since = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const related = certificates.installationRows(rows[index]!);
    for (let place = 0; place < related.length; place += 1) addRow(words, related[place]!);
    since += 1 + certificates.installationCount(rows[index]!);
    if (since < limits.rowsPerPiece) continue;
    since = 0;
    yield;
  }
  return sealSet(words, length);
}

/** The installations of a set of devices, in whose order they stand: those of each are a range. */
export function* carryDevices(set: RowSet, { devices, installations, queries }: Snapshot): Work<RowSet> {
  const words = createWords(installations.length);
  const rows = yield* listRows(set, queries.limits);
  yield* inPieces(rows.length, queries.limits.rowsPerPiece >>> 3 || 1, (start, end) => {
    for (let index = start; index < end; index += 1) {
      addRange(words, devices.installationStart(rows[index]!), devices.installationStart(rows[index]! + 1));
    }
  });
  return sealSet(words, installations.length);
}
