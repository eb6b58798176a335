/**
 * Pages: which rows a connection shows. One function a table, all of the same mechanism: take the order's
 * sequence, cut it at the cursors, walk it through the filter until the page is full and one row more is found.
 *
 * Both page flags are true to the whole filtered list, whatever the cursors cut off; the count is taken when
 * asked for. A cursor needs no row: it marks a place.
 */

import {
  compileCertificateFilter,
  compileDeviceFilter,
  compileInstallationFilter,
} from './compile-filter.ts';
import type { CertificateFilter, DeviceFilter, InstallationFilter } from './filter.ts';
import { findCertificateRange, findDeviceRange, findInstallationRange } from './filter-ranges.ts';
import {
  type CertificateOrderField,
  certificateOrder,
  certificateTie,
  type DeviceOrderField,
  deviceOrder,
  deviceTie,
  type InstallationOrderField,
  installationOrder,
  installationTie,
  type RbacGroupOrderField,
  rbacGroupOrder,
  rbacGroupTie,
  type Tie,
} from './row-orders.ts';
import { createSequence, type Direction, type Position, type RowOrder, type ValueRange } from './sequence.ts';
import type { Snapshot } from './snapshot.ts';
import type { RowPredicate } from './text-predicates.ts';

export interface PageRequest<Field extends string> {
  readonly field: Field;
  readonly direction: Direction;
  /** Rows from the start; exactly one of `first` and `last` is given, and is not negative. */
  readonly first?: number;
  /** Rows from the end, still in the order's direction. */
  readonly last?: number;
  readonly after?: Position;
  readonly before?: Position;
}

export interface Selection<Filter, Field extends string> {
  readonly filter?: Filter;
  /** Ascending rows to choose from; absent = the whole table. */
  readonly within?: Uint32Array;
  readonly page: PageRequest<Field>;
}

export interface Page {
  readonly rows: readonly number[];
  /** Whether a matching row comes after the last one of the page. */
  readonly hasNextPage: boolean;
  /** Whether a matching row comes before the first one of the page. */
  readonly hasPreviousPage: boolean;
  /** All matching rows, whatever the cursors. O(rows) with a filter. */
  countMatches(): number;
}

export function selectCertificates(
  snapshot: Snapshot,
  selection: Selection<CertificateFilter, CertificateOrderField>,
): Page {
  return selectPage(selection, {
    length: snapshot.certificates.length,
    order: certificateOrder(snapshot, selection.page.field),
    tie: certificateTie(snapshot),
    compile: (filter) => compileCertificateFilter(filter, snapshot),
    findRange: (filter) => findCertificateRange(filter, selection.page.field),
  });
}

export function selectDevices(
  snapshot: Snapshot,
  selection: Selection<DeviceFilter, DeviceOrderField>,
): Page {
  return selectPage(selection, {
    length: snapshot.devices.length,
    order: deviceOrder(snapshot, selection.page.field),
    tie: deviceTie(snapshot),
    compile: (filter) => compileDeviceFilter(filter, snapshot),
    findRange: (filter) => findDeviceRange(filter, selection.page.field),
  });
}

export function selectInstallations(
  snapshot: Snapshot,
  selection: Selection<InstallationFilter, InstallationOrderField>,
): Page {
  return selectPage(selection, {
    length: snapshot.installations.length,
    order: installationOrder(snapshot, selection.page.field),
    tie: installationTie(snapshot),
    compile: (filter) => compileInstallationFilter(filter, snapshot),
    findRange: (filter) => findInstallationRange(filter, selection.page.field),
  });
}

export function selectRbacGroups(snapshot: Snapshot, selection: Selection<never, RbacGroupOrderField>): Page {
  return selectPage(selection, {
    length: snapshot.rbacGroups.length,
    order: rbacGroupOrder(),
    tie: rbacGroupTie(snapshot),
    compile: (filter) => filter,
    findRange: () => undefined,
  });
}

interface Table<Filter> {
  readonly length: number;
  readonly order: RowOrder;
  readonly tie: Tie;
  readonly compile: (filter: Filter) => RowPredicate;
  /** The sort values that the filter confines its rows to, when it does. */
  readonly findRange: (filter: Filter) => ValueRange | undefined;
}

function selectPage<Filter, Field extends string>(
  { filter, within, page }: Selection<Filter, Field>,
  { length, order, tie, compile, findRange }: Table<Filter>,
): Page {
  const sequence = createSequence(length, order, page.direction, within);
  const matches = filter === undefined ? undefined : compile(filter);
  const range = filter === undefined ? undefined : findRange(filter);
  /** No row outside of these places matches. */
  const bounds = range === undefined ? { start: 0, end: sequence.length } : sequence.locateRange(range);
  const matchesAt = (place: number): boolean => matches === undefined || matches(sequence.rowAt(place));
  const locate = (position: Position) => sequence.locate(position, tie.locate(position.identity));

  const start = Math.max(bounds.start, page.after === undefined ? 0 : locate(page.after).after);
  const end = Math.max(
    start,
    Math.min(bounds.end, page.before === undefined ? sequence.length : locate(page.before).before),
  );
  const places: number[] = [];
  let first = start;
  let last = end;
  if (page.last === undefined) {
    const limit = page.first ?? 0;
    for (last = start; last < end && places.length < limit; last += 1) if (matchesAt(last)) places.push(last);
  } else {
    for (first = end; first > start && places.length < page.last; first -= 1) {
      if (matchesAt(first - 1)) places.push(first - 1);
    }
    places.reverse();
  }
  return {
    rows: places.map((place) => sequence.rowAt(place)),
    hasPreviousPage: hasMatch(matchesAt, bounds.start, first),
    hasNextPage: hasMatch(matchesAt, last, bounds.end),
    countMatches: () => {
      if (matches === undefined) return sequence.length;
      let count = 0;
      for (let place = bounds.start; place < bounds.end; place += 1) if (matchesAt(place)) count += 1;
      return count;
    },
  };
}

function hasMatch(matchesAt: (place: number) => boolean, start: number, end: number): boolean {
  for (let place = start; place < end; place += 1) if (matchesAt(place)) return true;
  return false;
}
