/**
 * Filters as sets of rows, and as tests on a row: the connectives, the same for every table.
 *
 * Every part of a filter is kept by its key, so that a part that many filters share (or a page and its count) is
 * worked out once. Of a conjunction the cheap parts come first; where they leave few rows, the dear ones are asked of
 * those rows alone.
 */

import type { Plan } from './filter-plan.ts';
import type { QueryState } from './query-state.ts';
import {
  complement,
  createPlainSet,
  intersect,
  keepMatching,
  type RowSet,
  sizeOfSet,
  subtract,
  unite,
} from './row-set.ts';
import type { TableTests } from './table-tests.ts';
import type { RowPredicate } from './text-predicates.ts';
import type { Work } from './work.ts';

/** The name of a plan's set in the cache. */
export function keyOfSet<Leaf>(plan: Plan<Leaf>, tests: TableTests<Leaf>): string {
  return `set ${tests.name} ${plan.key}`;
}

/** The rows that a plan allows; kept. */
export function evaluatePlan<Leaf>(
  plan: Plan<Leaf>,
  tests: TableTests<Leaf>,
  queries: QueryState,
): Work<RowSet> {
  return queries.cache.share(keyOfSet(plan, tests), () => evaluateAnew(plan, tests, queries), sizeOfSet);
}

/** The test of a plan on one row. */
export function* compilePlan<Leaf>(plan: Plan<Leaf>, tests: TableTests<Leaf>): Work<RowPredicate> {
  if (plan.kind === 'leaf') return yield* tests.compile(plan.leaf);
  if (plan.kind === 'not') {
    const matches = yield* compilePlan(plan.part, tests);
    return (row) => !matches(row);
  }
  const parts: RowPredicate[] = [];
  for (const part of sortBySteps(plan.parts, tests)) parts.push(yield* compilePlan(part, tests));
  const decisive = plan.kind === 'any';
  return (row) => {
    for (const matches of parts) if (matches(row) === decisive) return decisive;
    return !decisive;
  };
}

function* evaluateAnew<Leaf>(plan: Plan<Leaf>, tests: TableTests<Leaf>, queries: QueryState): Work<RowSet> {
  switch (plan.kind) {
    case 'leaf':
      return yield* tests.evaluate(plan.leaf);
    case 'not': {
      const set = complement(yield* evaluatePlan(plan.part, tests, queries));
      yield;
      return set;
    }
    case 'any': {
      let set = createPlainSet(tests.length, false);
      for (const part of plan.parts) {
        set = unite(set, yield* evaluatePlan(part, tests, queries));
        yield;
      }
      return set;
    }
    case 'all': {
      let set: RowSet | undefined;
      for (const part of sortBySteps(plan.parts, tests)) {
        if (set === undefined) set = yield* evaluatePlan(part, tests, queries);
        else set = yield* narrow(set, part, tests, queries);
        if (set.count === 0) break;
        yield;
      }
      return set ?? createPlainSet(tests.length, true);
    }
  }
}

/** The rows of a set that a plan allows: its own set, or the test on each of the rows, whichever costs less. */
export function* narrow<Leaf>(
  set: RowSet,
  plan: Plan<Leaf>,
  tests: TableTests<Leaf>,
  queries: QueryState,
): Work<RowSet> {
  if (set.count === 0) return set;
  const isKept = queries.cache.has(keyOfSet(plan, tests));
  if (!isKept && plan.kind === 'not') return subtract(set, yield* narrow(set, plan.part, tests, queries));
  if (!isKept && plan.kind === 'leaf') {
    const narrowed = yield* tests.narrow(plan.leaf, set);
    if (narrowed !== undefined) return narrowed;
  }
  if (isKept || estimateSteps(plan, tests) <= set.count * queries.limits.stepsPerTest) {
    return intersect(set, yield* evaluatePlan(plan, tests, queries));
  }
  return yield* keepMatching(set, yield* compilePlan(plan, tests), countLeaves(plan), queries.limits);
}

function sortBySteps<Leaf>(parts: readonly Plan<Leaf>[], tests: TableTests<Leaf>): readonly Plan<Leaf>[] {
  return [...parts].sort((a, b) => estimateSteps(a, tests) - estimateSteps(b, tests));
}

/** Exported for tests on a related table. */
export function estimateSteps<Leaf>(plan: Plan<Leaf>, tests: TableTests<Leaf>): number {
  if (plan.kind === 'leaf') return tests.estimateSteps(plan.leaf);
  if (plan.kind === 'not') return estimateSteps(plan.part, tests);
  return plan.parts.reduce((sum, part) => sum + estimateSteps(part, tests), 0);
}

/** How many tests a plan puts to a row at most; at least 1. */
export function countLeaves<Leaf>(plan: Plan<Leaf>): number {
  if (plan.kind === 'leaf') return isRelated(plan.leaf) ? countLeaves(plan.leaf.plan) : 1;
  if (plan.kind === 'not') return countLeaves(plan.part);
  return plan.parts.reduce((sum, part) => sum + countLeaves(part), 1);
}

/** Whether a plan looks at all installations of a row. */
export function isQuantified<Leaf>(plan: Plan<Leaf>): boolean {
  if (plan.kind === 'not') return isQuantified(plan.part);
  if (plan.kind !== 'leaf') return plan.parts.some((part) => isQuantified(part));
  return isRelated(plan.leaf) && (plan.leaf.kind === 'someInstallation' || isQuantified(plan.leaf.plan));
}

function isRelated(leaf: unknown): leaf is { readonly kind: string; readonly plan: Plan<unknown> } {
  return typeof leaf === 'object' && leaf !== null && 'plan' in leaf;
}
