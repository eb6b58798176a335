/**
 * Row scope against its definition: what somebody sees who is limited to some RBAC groups is what an inventory has that
 * was built of these groups' devices alone. Rows are compared by what they are, for their numbers differ.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import type { CertificatePart } from '../../src/snapshot/record.ts';
import { countRelatedRows, getRelatedRows, type Relation } from '../../src/snapshot/relations.ts';
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
import type { Position } from '../../src/snapshot/sequence.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { finish, type QueryLimits } from '../../src/snapshot/work.ts';
import { certificateFilter, deviceFilter, installationFilter } from '../support/filters.ts';
import {
  type InventoryRecord,
  inventory,
  openRecords,
  queryLimits,
  UNKNOWN_CERTIFICATE,
  withoutConflicts,
} from '../support/inventories.ts';
import { createRandom } from '../support/random.ts';

/** How a table is asked, of either snapshot. */
interface Table<Filter, Field extends string> {
  readonly fields: readonly [Field, ...Field[]];
  readonly filter: fc.Arbitrary<Filter | undefined>;
  select(snapshot: Snapshot, selection: Selection<Filter, Field>): Page;
  positions(snapshot: Snapshot, field: Field): ToPosition;
  tie(snapshot: Snapshot): Tie;
  length(snapshot: Snapshot): number;
}

const optional = <Filter>(filter: fc.Arbitrary<Filter>): fc.Arbitrary<Filter | undefined> =>
  fc.option(filter, { nil: undefined });

const CERTIFICATES: Table<CertificateFilter, CertificateOrderField> = {
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

const DEVICES: Table<DeviceFilter, DeviceOrderField> = {
  fields: ['DEVICE_ID', 'NAME', 'CERTIFICATE_COUNT', 'INSTALLATION_COUNT'],
  filter: optional(deviceFilter),
  select: selectDevices,
  positions: createDevicePositions,
  tie: deviceTie,
  length: ({ devices }) => devices.length,
};

const INSTALLATIONS: Table<InstallationFilter, InstallationOrderField> = {
  fields: ['DEVICE_ID', 'NOT_AFTER', 'PATH'],
  filter: optional(installationFilter),
  select: selectInstallations,
  positions: createInstallationPositions,
  tie: installationTie,
  length: ({ installations }) => installations.length,
};

const RBAC_GROUPS: Table<never, RbacGroupOrderField> = {
  fields: ['RBAC_GROUP_ID'],
  filter: fc.constant(undefined),
  select: selectRbacGroups,
  positions: createRbacGroupPositions,
  tie: rbacGroupTie,
  length: ({ rbacGroups }) => rbacGroups.length,
};

/** The groups of the generated devices, and one that none has. */
const scope = fc.subarray(['0', '10', '9', 'x', 'nobody']);

/** Beside the usual ones a cache that keeps what was worked out, but no order of more than a few rows. */
const limits: fc.Arbitrary<Partial<QueryLimits>> = fc
  .tuple(queryLimits, fc.boolean())
  .map(([usual, isSmall]) => (isSmall ? { ...usual, cacheBytes: 2_100 } : usual));

/** Everything; what the scope shows of it; and what was built of the scope's records alone. */
interface Inventories {
  readonly whole: Snapshot;
  readonly scoped: Snapshot;
  readonly alone: Snapshot;
}

const inventories: fc.Arbitrary<Inventories> = fc
  .record({ given: inventory, groups: scope, limits })
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

interface Request<Filter, Field extends string> {
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
  readonly size: number;
  readonly isBackward: boolean;
  readonly after: number | undefined;
  readonly before: number | undefined;
  readonly filter: Filter | undefined;
}

const requestTo = <Filter, Field extends string>({
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
function show(page: Page, toPosition: ToPosition): object {
  const { rows, hasNextPage, hasPreviousPage } = page;
  return { rows: rows.map(toPosition), hasNextPage, hasPreviousPage, count: page.countMatches() };
}

/** Compares pages of both; cursors come from rows of the whole inventory, most of them seen by others. */
function comparePages<Filter, Field extends string>(
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

function checkPages<Filter, Field extends string>(table: Table<Filter, Field>, numRuns: number): void {
  fc.assert(
    fc.property(inventories, requestTo(table), (both, request) => comparePages(table, both, request)),
    { numRuns },
  );
}

test('certificates: any filter, order and page of a scope is that of an inventory of its devices alone', () =>
  checkPages(CERTIFICATES, 3_000));

test('devices: any filter, order and page of a scope is that of an inventory of its devices alone', () =>
  checkPages(DEVICES, 1_500));

test('installations: any filter, order and page of a scope is that of an inventory of its devices alone', () =>
  checkPages(INSTALLATIONS, 2_000));

test('RBAC groups: any page of a scope is that of an inventory of its devices alone', () =>
  checkPages(RBAC_GROUPS, 500));

/** The relations of a table, with the table that each leads to. */
interface Owner {
  readonly kind: Relation['kind'];
  readonly tie: (snapshot: Snapshot) => Tie;
  readonly length: (snapshot: Snapshot) => number;
}

const ownerOf = (kind: Relation['kind'], { tie, length }: Pick<Owner, 'tie' | 'length'>): Owner => ({
  kind,
  tie,
  length,
});
const OWNERS_OF = {
  certificates: [ownerOf('device.certificates', DEVICES), ownerOf('rbacGroup.certificates', RBAC_GROUPS)],
  devices: [ownerOf('certificate.devices', CERTIFICATES), ownerOf('rbacGroup.devices', RBAC_GROUPS)],
  installations: [
    ownerOf('certificate.installations', CERTIFICATES),
    ownerOf('device.installations', DEVICES),
  ],
};

/** The same owner in both inventories, out of those that are seen; `undefined` when none is. */
function pickOwner(
  { kind, tie, length }: Owner,
  { scoped, alone }: Inventories,
  pick: number,
): { readonly scoped: Relation; readonly alone: Relation } | undefined {
  if (length(alone) === 0) return undefined;
  const row = pick % length(alone);
  const { row: same, isThere } = tie(scoped).locate(tie(alone).identityOf(row));
  assert.ok(isThere);
  return { scoped: { kind, row: same }, alone: { kind, row } };
}

function checkRelations<Filter, Field extends string>(
  table: Table<Filter, Field>,
  owners: readonly Owner[],
  numRuns: number,
): void {
  fc.assert(
    fc.property(
      inventories,
      requestTo(table),
      fc.constantFrom(...owners),
      fc.nat(),
      (both, request, owner, pick) => {
        const within = pickOwner(owner, both, pick);
        if (within !== undefined) comparePages(table, both, request, within);
      },
    ),
    { numRuns },
  );
}

test('relations to certificates: pages over them are those of an inventory of the scope alone', () =>
  checkRelations(CERTIFICATES, OWNERS_OF.certificates, 1_000));

test('relations to devices: pages over them are those of an inventory of the scope alone', () =>
  checkRelations(DEVICES, OWNERS_OF.devices, 1_000));

test('relations to installations: pages over them are those of an inventory of the scope alone', () =>
  checkRelations(INSTALLATIONS, OWNERS_OF.installations, 1_000));

test('every relation of every row that is seen has the rows, and as many, as in an inventory of the scope alone', () => {
  fc.assert(
    fc.property(inventories, (both) => {
      for (const [target, owners] of Object.entries(OWNERS_OF)) {
        const { tie } = { certificates: CERTIFICATES, devices: DEVICES, installations: INSTALLATIONS }[
          target as keyof typeof OWNERS_OF
        ];
        for (const owner of owners) {
          for (let pick = 0; pick < owner.length(both.alone); pick += 1) {
            const within = pickOwner(owner, both, pick)!;
            const identities = (snapshot: Snapshot, relation: Relation) =>
              Array.from(getRelatedRows(snapshot, relation), (row) => tie(snapshot).identityOf(row));
            const expected = identities(both.alone, within.alone);
            assert.deepEqual(identities(both.scoped, within.scoped), expected);
            assert.equal(countRelatedRows(both.scoped, within.scoped), expected.length);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('counts are those of the scope, and an identity is found where an inventory of the scope alone has it', () => {
  fc.assert(
    fc.property(inventories, ({ whole, scoped, alone }) => {
      assert.deepEqual(scoped.counts, alone.counts);
      const find = {
        certificates: ({ certificates }: Snapshot, [thumbprint = '']: readonly string[]) =>
          certificates.findRow(thumbprint),
        devices: ({ devices }: Snapshot, [deviceId = '']: readonly string[]) => devices.findRow(deviceId),
        installations: (
          { installations }: Snapshot,
          [deviceId = '', thumbprint = '', path = '']: readonly string[],
        ) => installations.findRow(deviceId, thumbprint, path),
        rbacGroups: ({ rbacGroups }: Snapshot, [id = '']: readonly string[]) => rbacGroups.findRow(id),
      };
      const tables = [
        [CERTIFICATES, find.certificates],
        [DEVICES, find.devices],
        [INSTALLATIONS, find.installations],
        [RBAC_GROUPS, find.rbacGroups],
      ] as const;
      for (const [table, findIn] of tables) {
        for (let row = 0; row < table.length(whole); row += 1) {
          const identity = table.tie(whole).identityOf(row);
          const expected = findIn(alone, identity) === undefined ? undefined : row;
          assert.equal(findIn(scoped, identity), expected);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('what a device and a group say of themselves is what they say in an inventory of the scope alone', () => {
  fc.assert(
    fc.property(inventories, ({ scoped, alone }) => {
      for (let row = 0; row < alone.devices.length; row += 1) {
        const describe = ({ devices, rbacGroups }: Snapshot, own: number) => {
          const group = devices.rbacGroupRow(own);
          return {
            name: devices.name(own),
            group: group === null ? null : rbacGroups.rbacGroupId(group),
            certificates: devices.certificateCount(own),
            installations: devices.installationCount(own),
          };
        };
        const same = scoped.devices.findRow(alone.devices.deviceId(row))!;
        assert.deepEqual(describe(scoped, same), describe(alone, row));
      }
      for (let row = 0; row < alone.rbacGroups.length; row += 1) {
        const describe = ({ rbacGroups }: Snapshot, own: number) => ({
          name: rbacGroups.name(own),
          devices: rbacGroups.deviceCount(own),
          certificates: rbacGroups.certificateCount(own),
          installations: rbacGroups.installationCount(own),
        });
        const same = scoped.rbacGroups.findRow(alone.rbacGroups.rbacGroupId(row))!;
        assert.deepEqual(describe(scoped, same), describe(alone, row));
      }
    }),
    { numRuns: 300 },
  );
});

test('a scope keeps what it has worked out to itself', () => {
  const filter: CertificateFilter = {
    kind: 'installations',
    quantifier: 'some',
    filter: { kind: 'text', column: 'storeName', test: { kind: 'contains', value: 'o' } },
  };
  const page: PageRequest<CertificateOrderField> = { field: 'NOT_AFTER', direction: 'ASC', first: 50 };
  fc.assert(
    fc.property(inventory, fc.tuple(scope, scope), limits, (given, groups, bounds) => {
      const whole = openRecords(withoutConflicts(given), bounds);
      const ask = (snapshot: Snapshot): object =>
        show(
          selectCertificates(snapshot, { filter, page }),
          createCertificatePositions(snapshot, page.field),
        );
      const fresh = groups.map((ids) => ask(finish(openScope(whole, ids))));
      const scopes = groups.map((ids) => finish(openScope(whole, ids)));
      ask(whole);
      assert.deepEqual([...scopes, ...scopes].map(ask), [...fresh, ...fresh]);
    }),
    { numRuns: 300 },
  );
});

test('a scope with thousands of rows is walked from page to page as an inventory of its devices alone', () => {
  const records = createFleet();
  const groups = ['group 1', 'group 4'];
  const alone = openRecords(records.filter(({ device }) => groups.includes(device.rbacGroupId!)));
  // With orders that are kept, and with none.
  for (const bounds of [{}, { scopeCacheBytes: 0 }]) {
    const whole = openRecords(records, bounds);
    const both = { whole, scoped: finish(openScope(whole, groups)), alone };
    compareWalks(CERTIFICATES, both);
    compareWalks(DEVICES, both);
    compareWalks(INSTALLATIONS, both);
  }
});

/** 200 devices in five groups, with 40 of 500 certificates each. */
function createFleet(): InventoryRecord[] {
  const { below } = createRandom(11);
  return Array.from({ length: 200 }, (_, device) =>
    Array.from({ length: 40 }, (): InventoryRecord => {
      // The smaller the number, the more devices have it.
      const number = below(1 + below(500));
      const certificate: CertificatePart = {
        ...UNKNOWN_CERTIFICATE,
        thumbprint: ((number * 7_919) % 500).toString(16).toUpperCase().padStart(40, '0'),
        subject: `CN=subject ${number % 90}`,
        keySize: [1024, 2048, 4096][number % 3]!,
        notAfter: number % 10 === 0 ? null : 1_700_000_000 + (number % 170) * 86_400,
      };
      const store = ['Root', 'My', 'CA'][below(3)]!;
      return {
        device: {
          deviceId: `device ${(device * 37) % 200}`,
          name: `name ${device % 60}`,
          rbacGroupId: `group ${device % 5}`,
          rbacGroupName: null,
        },
        certificate,
        path: `LocalMachine\\${store}\\${certificate.thumbprint}`,
      };
    }),
  ).flat();
}

function compareWalks<Filter, Field extends string>(
  table: Table<Filter, Field>,
  { scoped, alone }: Inventories,
): void {
  for (const field of table.fields) {
    for (const direction of ['ASC', 'DESC'] as const) {
      const walk = (snapshot: Snapshot): object[] => {
        const toPosition = table.positions(snapshot, field);
        const pages: object[] = [];
        let page: Page;
        let after: Position | undefined;
        do {
          page = table.select(snapshot, {
            page: { field, direction, first: 199, ...(after === undefined ? {} : { after }) },
          });
          pages.push(show(page, toPosition));
          after = page.rows.length === 0 ? undefined : toPosition(page.rows.at(-1)!);
        } while (page.hasNextPage);
        return pages;
      };
      assert.deepEqual(walk(scoped), walk(alone), `${field} ${direction}`);
    }
  }
}
