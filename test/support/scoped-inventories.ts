/**
 * Row scope by its definition: what somebody sees who is limited to some RBAC groups is what an inventory has that was built
 * of these groups' devices alone. Rows are compared by what they are, for their numbers differ.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Page,
  type Selection,
  selectCertificates,
  selectDevices,
  selectInstallations,
  selectRbacGroups,
} from '../../src/snapshot/connection.ts';
import type { CertificateFilter, DeviceFilter, InstallationFilter } from '../../src/snapshot/filter.ts';
import type { Relation } from '../../src/snapshot/relations.ts';
import {
  type CertificateOrderField,
  certificateTie,
  createCertificatePositions,
  createDevicePositions,
  createInstallationPositions,
  createRbacGroupPositions,
  type DeviceOrderField,
  deviceTie,
  type InstallationOrderField,
  installationTie,
  type RbacGroupOrderField,
  rbacGroupTie,
  type Tie,
  type ToPosition,
} from '../../src/snapshot/row-orders.ts';
import { openScope } from '../../src/snapshot/scope.ts';
import type { PageRequest } from '../../src/snapshot/select-page.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { finish, type QueryLimits } from '../../src/snapshot/work.ts';
import { certificateFilter, deviceFilter, installationFilter } from './filters.ts';
import { inventory, openRecords, queryLimits, withoutConflicts } from './inventories.ts';

/** How a table is asked, of either snapshot. */
export interface Table<Filter, Field extends string> {
  readonly fields: readonly [Field, ...Field[]];
  readonly filter: fc.Arbitrary<Filter | undefined>;
  select(snapshot: Snapshot, selection: Selection<Filter, Field>): Page;
  positions(snapshot: Snapshot, field: Field): ToPosition;
  tie(snapshot: Snapshot): Tie;
  length(snapshot: Snapshot): number;
}

const optional = <Filter>(filter: fc.Arbitrary<Filter>): fc.Arbitrary<Filter | undefined> =>
  fc.option(filter, { nil: undefined });

export const CERTIFICATES: Table<CertificateFilter, CertificateOrderField> = {
  fields: [
    'THUMBPRINT',
    'NOT_AFTER',
    'NOT_BEFORE',
    'SUBJECT',
    'ISSUER',
    'KEY_SIZE',
    'DEVICE_COUNT',
    'INSTALLATION_COUNT',
  ],
  filter: optional(certificateFilter),
  select: selectCertificates,
  positions: createCertificatePositions,
  tie: certificateTie,
  length: ({ certificates }) => certificates.length,
};

export const DEVICES: Table<DeviceFilter, DeviceOrderField> = {
  fields: ['DEVICE_ID', 'NAME', 'CERTIFICATE_COUNT', 'INSTALLATION_COUNT'],
  filter: optional(deviceFilter),
  select: selectDevices,
  positions: createDevicePositions,
  tie: deviceTie,
  length: ({ devices }) => devices.length,
};

export const INSTALLATIONS: Table<InstallationFilter, InstallationOrderField> = {
  fields: ['DEVICE_ID', 'NOT_AFTER', 'PATH'],
  filter: optional(installationFilter),
  select: selectInstallations,
  positions: createInstallationPositions,
  tie: installationTie,
  length: ({ installations }) => installations.length,
};

export const RBAC_GROUPS: Table<never, RbacGroupOrderField> = {
  fields: ['RBAC_GROUP_ID'],
  filter: fc.constant(undefined),
  select: selectRbacGroups,
  positions: createRbacGroupPositions,
  tie: rbacGroupTie,
  length: ({ rbacGroups }) => rbacGroups.length,
};

/** The groups of the generated devices, and one that none has. */
export const groupIds = fc.subarray(['0', '10', '9', 'x', 'nobody']);

/** Beside the usual ones a cache that keeps what was worked out, but no order of more than a few rows. */
export const scopeLimits: fc.Arbitrary<Partial<QueryLimits>> = fc
  .tuple(queryLimits, fc.boolean())
  .map(([usual, isSmall]) => (isSmall ? { ...usual, cacheBytes: 2_100 } : usual));

/** Everything; what the scope shows of it; and what was built of the scope's records alone. */
export interface Inventories {
  readonly whole: Snapshot;
  readonly scoped: Snapshot;
  readonly alone: Snapshot;
}

export const inventories: fc.Arbitrary<Inventories> = fc
  .record({ given: inventory, groups: groupIds, limits: scopeLimits })
  .map(({ given, groups, limits: bounds }) => {
    const records = withoutConflicts(given);
    const isSeen = (id: string | null): boolean => id !== null && groups.includes(id);
    const whole = openRecords(records, bounds);
    return {
      whole,
      scoped: finish(openScope(whole, groups)),
      alone: openRecords(records.filter(({ device }) => isSeen(device.rbacGroupId))),
    };
  });

export interface Request<Filter, Field extends string> {
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
  readonly size: number;
  readonly isBackward: boolean;
  readonly after: number | undefined;
  readonly before: number | undefined;
  readonly filter: Filter | undefined;
}

export const requestTo = <Filter, Field extends string>({
  fields,
  filter,
}: Table<Filter, Field>): fc.Arbitrary<Request<Filter, Field>> =>
  fc.record({
    field: fc.constantFrom(...fields),
    direction: fc.constantFrom('ASC', 'DESC'),
    size: fc.integer({ min: 0, max: 7 }),
    isBackward: fc.boolean(),
    after: fc.option(fc.nat(), { nil: undefined }),
    before: fc.option(fc.nat(), { nil: undefined }),
    filter,
  });

/** A page as its receiver knows it. */
export function show(page: Page, toPosition: ToPosition): object {
  const { rows, hasNextPage, hasPreviousPage } = page;
  return { rows: rows.map(toPosition), hasNextPage, hasPreviousPage, count: page.countMatches() };
}

/** Compares pages of both; cursors come from rows of the whole inventory, most of them seen by others. */
export function comparePages<Filter, Field extends string>(
  table: Table<Filter, Field>,
  { whole, scoped, alone }: Inventories,
  { field, direction, size, isBackward, after, before, filter }: Request<Filter, Field>,
  within?: { readonly scoped: Relation; readonly alone: Relation },
): void {
  const length = table.length(whole);
  const toCursor = (place: number | undefined) =>
    place === undefined || length === 0 ? undefined : table.positions(whole, field)(place % length);
  const [start, end] = [toCursor(after), toCursor(before)];
  const page: PageRequest<Field> = {
    field,
    direction,
    ...(isBackward ? { last: size } : { first: size }),
    ...(start === undefined ? {} : { after: start }),
    ...(end === undefined ? {} : { before: end }),
  };
  const selection = { page, ...(filter === undefined ? {} : { filter }) };
  const expected = show(
    table.select(alone, { ...selection, ...(within === undefined ? {} : { within: within.alone }) }),
    table.positions(alone, field),
  );
  // Asked twice more: with the set that the count has left, and with whatever the page has then left.
  for (let time = 0; time < 3; time += 1) {
    const given = table.select(scoped, {
      ...selection,
      ...(within === undefined ? {} : { within: within.scoped }),
    });
    assert.deepEqual(show(given, table.positions(scoped, field)), expected);
  }
}
