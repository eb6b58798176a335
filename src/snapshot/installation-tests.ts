/**
 * The tests on installations. A filter on their certificate or device is a set of that table first, and is carried
 * over by whichever side is shorter: the installations of the few, or a pass over all.
 */

import { carryCertificates, carryDevices } from './carry-rows.ts';
import { compilePlan, estimateSteps as estimatePlan, evaluatePlan } from './evaluate-plan.ts';
import { foldText } from './filter.ts';
import type { CertificateLeaf, DeviceLeaf, InstallationLeaf } from './filter-plan.ts';
import { evaluatePaths } from './path-sets.ts';
import { gatherSet, keepPointing } from './pointed-rows.ts';
import { hasRow, intersect, type RowSet } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableTests } from './table-tests.ts';
import { compileTextTest, isSearch, matchesText, type RowPredicate } from './text-predicates.ts';
import { evaluateTextColumn } from './text-sets.ts';
import type { Work } from './work.ts';

/** The tests of the tables that installations point at. */
export interface RelatedTests {
  readonly certificates: TableTests<CertificateLeaf>;
  readonly devices: TableTests<DeviceLeaf>;
}

/** Looking up one row somewhere costs as much as so many rows of a pass. */
const LOOKUP_STEPS = 3;

export function createInstallationTests(
  snapshot: Snapshot,
  related: RelatedTests,
): TableTests<InstallationLeaf> {
  const { installations, strings, queries } = snapshot;
  const { length } = installations;
  const { limits } = queries;

  /** Columns of paths last: what a certificate or device filter leaves is often little. */
  function estimateSteps(leaf: InstallationLeaf): number {
    switch (leaf.kind) {
      case 'certificate':
        return length + estimatePlan(leaf.plan, related.certificates);
      case 'device':
        return length / 8 + estimatePlan(leaf.plan, related.devices);
      case 'text':
        return 2 * length + (isSearch(leaf.test) ? strings.folds.byteLength() / 4 : 0);
      case 'scope':
        return 0;
    }
  }

  function* evaluate(leaf: InstallationLeaf): Work<RowSet> {
    switch (leaf.kind) {
      case 'certificate':
        return yield* carryCertificates(
          yield* evaluatePlan(leaf.plan, related.certificates, queries),
          snapshot,
        );
      case 'device':
        return yield* carryDevices(yield* evaluatePlan(leaf.plan, related.devices, queries), snapshot);
      case 'text': {
        if (leaf.column === 'path') return yield* evaluatePaths(leaf.test, snapshot);
        const entries = yield* evaluateTextColumn(installations.paths[leaf.column], leaf.test, snapshot);
        return yield* gatherSet(installations.pathColumn, entries, limits);
      }
      case 'scope':
        return leaf.rows;
    }
  }

  function* compile(leaf: InstallationLeaf): Work<RowPredicate> {
    switch (leaf.kind) {
      case 'certificate': {
        const matches = yield* compilePlan(leaf.plan, related.certificates);
        return (row) => matches(installations.certificateRow(row));
      }
      case 'device': {
        const matches = yield* compilePlan(leaf.plan, related.devices);
        return (row) => matches(installations.deviceRow(row));
      }
      case 'text': {
        const { column, test } = leaf;
        if (column === 'path') {
          if (test.kind === 'isNull') return () => false;
          return (row) => matchesText(test, foldText(installations.path(row)));
        }
        const texts = installations.paths[column];
        const matches = compileTextTest(test, strings);
        return (row) => matches(texts[installations.pathColumn[row]!]!);
      }
      case 'scope':
        return (row) => hasRow(leaf.rows, row);
    }
  }

  /** The set of the related table, looked up for the rows of the given set alone. */
  function* narrow(leaf: InstallationLeaf, set: RowSet): Work<RowSet | undefined> {
    const isSmall = set.count * LOOKUP_STEPS < length;
    switch (leaf.kind) {
      case 'certificate': {
        const isAsked = set.count * limits.stepsPerTest < estimatePlan(leaf.plan, related.certificates);
        if (!isSmall || isAsked) return undefined;
        const certificates = yield* evaluatePlan(leaf.plan, related.certificates, queries);
        return yield* keepPointing(set, installations.certificateColumn, certificates, limits);
      }
      case 'device': {
        const isAsked = set.count * limits.stepsPerTest < estimatePlan(leaf.plan, related.devices);
        if (!isSmall || isAsked) return undefined;
        const devices = yield* evaluatePlan(leaf.plan, related.devices, queries);
        return intersect(set, yield* carryDevices(devices, snapshot));
      }
      case 'text': {
        const { column, test } = leaf;
        if (!isSmall || column === 'path') return undefined;
        const entries = yield* evaluateTextColumn(installations.paths[column], test, snapshot);
        return yield* keepPointing(set, installations.pathColumn, entries, limits);
      }
      case 'scope':
        return intersect(set, leaf.rows);
    }
  }

  return { name: 'installations', length, estimateSteps, evaluate, compile, narrow };
}
