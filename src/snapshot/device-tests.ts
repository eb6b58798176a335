/** The tests on devices. */

import type { DeviceLeaf } from './filter-plan.ts';
import { compileNumberTest, compileRange, rangeRows } from './number-tests.ts';
import { gatherSet } from './pointed-rows.ts';
import { deviceOrder } from './row-orders.ts';
import { hasRow, type RowSet, testEveryRow } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { SomeInstallation } from './some-installation.ts';
import { NONE } from './string-table.ts';
import type { TableTests } from './table-tests.ts';
import { compileTextTest, isSearch, type RowPredicate } from './text-predicates.ts';
import { evaluateTextColumn } from './text-sets.ts';
import type { Work } from './work.ts';

export function createDeviceTests(
  snapshot: Snapshot,
  someInstallation: SomeInstallation,
): TableTests<DeviceLeaf> {
  const { devices, rbacGroups, strings, queries } = snapshot;
  const { length } = devices;
  const { limits } = queries;

  function estimateSteps(leaf: DeviceLeaf): number {
    switch (leaf.kind) {
      case 'range':
        return Math.min(length, 2 * (leaf.end - leaf.start));
      case 'text':
        return length + (isSearch(leaf.test) ? strings.folds.byteLength() / 4 : 0);
      case 'someInstallation':
        return someInstallation.estimateSteps(leaf.plan);
      case 'scope':
        return 0;
      default:
        return 2 * length;
    }
  }

  function* evaluate(leaf: DeviceLeaf): Work<RowSet> {
    switch (leaf.kind) {
      case 'range':
        return yield* rangeRows(leaf, deviceOrder(snapshot, leaf.field), length, limits);
      case 'text':
        return yield* evaluateTextColumn(devices.textIds(leaf.column), leaf.test, snapshot);
      case 'rbacGroup': {
        if (leaf.column === null || leaf.test.kind === 'isNull') break;
        const groups = yield* evaluateTextColumn(rbacGroups.textIds(leaf.column), leaf.test, snapshot);
        return yield* gatherSet(devices.rbacGroupColumn, groups, limits);
      }
      case 'someInstallation':
        return yield* someInstallation.evaluate('devices', leaf.plan);
      case 'scope':
        return leaf.rows;
      default:
        break;
    }
    return yield* testEveryRow(length, yield* compile(leaf), limits);
  }

  function* compile(leaf: DeviceLeaf): Work<RowPredicate> {
    switch (leaf.kind) {
      case 'range':
        return compileRange(deviceOrder(snapshot, leaf.field).toKey!, leaf.range);
      case 'number': {
        const matches = compileNumberTest(leaf.test);
        return (row) => matches(devices[leaf.column](row));
      }
      case 'text': {
        const texts = devices.textIds(leaf.column);
        const matches = compileTextTest(leaf.test, strings);
        return (row) => matches(texts[row]!);
      }
      case 'rbacGroup': {
        const groups = devices.rbacGroupColumn;
        if (leaf.column === null) return (row) => groups[row] === NONE;
        const texts = rbacGroups.textIds(leaf.column);
        const matches = compileTextTest(leaf.test, strings);
        return (row) => matches(groups[row] === NONE ? NONE : texts[groups[row]!]!);
      }
      case 'someInstallation': {
        const set = yield* someInstallation.evaluate('devices', leaf.plan);
        return (row) => hasRow(set, row);
      }
      case 'scope':
        return (row) => hasRow(leaf.rows, row);
    }
  }

  function* narrow(leaf: DeviceLeaf, set: RowSet): Work<RowSet | undefined> {
    if (leaf.kind === 'someInstallation') return yield* someInstallation.narrow('devices', leaf.plan, set);
    return undefined;
  }

  return { name: 'devices', length, estimateSteps, evaluate, compile, narrow };
}
