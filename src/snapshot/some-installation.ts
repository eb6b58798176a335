/**
 * The quantifier: which certificates, or devices, have an installation that passes a filter. The set of installations
 * first, each looked at once; then whom they belong to, in one pass over its words.
 */

import { estimateSteps, evaluatePlan } from './evaluate-plan.ts';
import type { InstallationLeaf, InstallationPlan } from './filter-plan.ts';
import { addRow, createWords, hasAnyIn, type RowSet, sealSet, toWords } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableTests } from './table-tests.ts';
import { inPieces, type Work } from './work.ts';

export interface SomeInstallation {
  estimateSteps(plan: InstallationPlan): number;
  /** The rows of a table with an installation that passes. */
  evaluate(table: 'certificates' | 'devices', plan: InstallationPlan): Work<RowSet>;
}

export function createSomeInstallation(
  snapshot: Snapshot,
  findTests: () => TableTests<InstallationLeaf>,
): SomeInstallation {
  return {
    estimateSteps: (plan) => snapshot.installations.length + estimateSteps(plan, findTests()),
    *evaluate(table, plan) {
      const matching = yield* evaluatePlan(plan, findTests(), snapshot.queries);
      return table === 'devices'
        ? yield* findDevices(matching, snapshot)
        : yield* findCertificates(matching, snapshot);
    },
  };
}

/** Installations are in order of their devices: each is a range of bits. */
function* findDevices({ words }: RowSet, { devices, queries }: Snapshot): Work<RowSet> {
  const found = createWords(devices.length);
  yield* inPieces(devices.length, queries.limits.rowsPerPiece, (start, end) => {
    for (let row = start; row < end; row += 1) {
      if (hasAnyIn(words, devices.installationStart(row), devices.installationStart(row + 1)))
        addRow(found, row);
    }
  });
  return sealSet(found, devices.length);
}

function* findCertificates({ words }: RowSet, snapshot: Snapshot): Work<RowSet> {
  const { certificates, installations, queries } = snapshot;
  const found = createWords(certificates.length);
  yield* inPieces(words.length, toWords(queries.limits.rowsPerPiece), (start, end) =>
    markPointed(words, start, end, installations.certificateColumn, found),
  );
  return sealSet(found, certificates.length);
}

function markPointed(
  words: Uint32Array,
  start: number,
  end: number,
  column: Uint32Array,
  found: Uint32Array,
): void {
  for (let word = start; word < end; word += 1) {
    for (let rest = words[word]! | 0; rest !== 0; rest &= rest - 1) {
      addRow(found, column[(word << 5) + 31 - Math.clz32(rest & -rest)]!);
    }
  }
}
