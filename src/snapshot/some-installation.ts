/**
 * The quantifier: which certificates, or devices, have an installation that passes a filter. The set of installations
 * first, each looked at once; then whom they belong to, in one pass over its words.
 */

import { compilePlan, countLeaves, estimateSteps, evaluatePlan, isQuantified } from './evaluate-plan.ts';
import type { InstallationLeaf, InstallationPlan } from './filter-plan.ts';
import { addRow, createWords, hasAnyIn, listRows, type RowSet, sealSet, toWords } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableTests } from './table-tests.ts';
import type { RowPredicate } from './text-predicates.ts';
import { inPieces, type Work } from './work.ts';

/** Tables whose rows have installations. */
export type OwnerTable = 'certificates' | 'devices';

export interface SomeInstallation {
  estimateSteps(plan: InstallationPlan): number;
  /** The rows of a table with an installation that passes. */
  evaluate(table: OwnerTable, plan: InstallationPlan): Work<RowSet>;
  /** The same of a set, by walking the installations of its rows; `undefined` where those are too many for that. */
  narrow(table: OwnerTable, plan: InstallationPlan, set: RowSet): Work<RowSet | undefined>;
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
    *narrow(table, plan, set) {
      const { installations, queries } = snapshot;
      const { stepsPerTest } = queries.limits;
      const tests = findTests();
      if (set.count * stepsPerTest > installations.length || isQuantified(plan)) return undefined;
      const rows = yield* listRows(set, queries.limits);
      let total = 0;
      for (const row of rows) total += snapshot[table].installationCount(row);
      const stepsOfAll = installations.length + estimateSteps(plan, tests);
      if (total * stepsPerTest * countLeaves(plan) > stepsOfAll) return undefined;
      return yield* walkOwners(table, rows, yield* compilePlan(plan, tests), countLeaves(plan), snapshot);
    },
  };
}

function* walkOwners(
  table: OwnerTable,
  rows: Uint32Array,
  matches: RowPredicate,
  weight: number,
  snapshot: Snapshot,
): Work<RowSet> {
  const { [table]: owners, queries } = snapshot;
  const found = createWords(owners.length);
  const limit = Math.max(1, Math.floor(queries.limits.rowsPerPiece / 16 / weight));
  let since = 0;
  for (const row of rows) {
    // At most a part of all installations, see above; those of a row in one go.
    if (owners.hasInstallation(row, matches)) addRow(found, row);
    since += owners.installationCount(row);
    if (since < limit) continue;
    since = 0;
    yield;
  }
  return sealSet(found, owners.length);
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
