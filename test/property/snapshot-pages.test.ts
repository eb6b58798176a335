import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Page,
  selectCertificates,
  selectDevices,
  selectInstallations,
  selectRbacGroups,
} from '../../src/snapshot/connection.ts';
import type { InstallationFilter } from '../../src/snapshot/filter.ts';
import { getRelatedRows, type Relation } from '../../src/snapshot/relations.ts';
import {
  type CertificateOrderField,
  createCertificatePositions,
  createDevicePositions,
  createInstallationPositions,
  createRbacGroupPositions,
  type DeviceOrderField,
  type InstallationOrderField,
} from '../../src/snapshot/row-orders.ts';
import type { PageRequest } from '../../src/snapshot/select-page.ts';
import type { Direction, Position } from '../../src/snapshot/sequence.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { QueryLimits } from '../../src/snapshot/work.ts';
import { certificateFilter, deviceFilter, installationFilter } from '../support/filters.ts';
import { type InventoryRecord, inventory, openRecords, queryLimits } from '../support/inventories.ts';
import {
  countCertificates,
  countDevices,
  createNaiveInventory,
  displayName,
  matchesCertificate,
  matchesDevice,
  matchesInstallation,
  type NaiveCertificate,
  type NaiveDevice,
  type NaiveInstallation,
  type NaiveInventory,
  sortNaively,
} from '../support/naive-inventory.ts';

const lower = (text: string | null): string | null => text?.toLowerCase() ?? null;

const CERTIFICATE_ORDERS: Record<
  CertificateOrderField,
  (certificate: NaiveCertificate) => string | number | null
> = {
  THUMBPRINT: () => null,
  NOT_AFTER: ({ merged }) => merged.notAfter,
  NOT_BEFORE: ({ merged }) => merged.notBefore,
  SUBJECT: ({ merged }) => lower(displayName(merged.subject)),
  ISSUER: ({ merged }) => lower(displayName(merged.issuer)),
  KEY_SIZE: ({ merged }) => merged.keySize,
  DEVICE_COUNT: countDevices,
  INSTALLATION_COUNT: ({ installations }) => installations.length,
};

const DEVICE_ORDERS: Record<DeviceOrderField, (device: NaiveDevice) => string | number | null> = {
  DEVICE_ID: () => null,
  NAME: ({ merged }) => lower(merged.name),
  CERTIFICATE_COUNT: countCertificates,
  INSTALLATION_COUNT: ({ installations }) => installations.length,
};

const INSTALLATION_ORDERS: Record<
  InstallationOrderField,
  (row: NaiveInstallation) => string | number | null
> = {
  DEVICE_ID: () => null,
  NOT_AFTER: ({ certificate }) => certificate.merged.notAfter,
  PATH: ({ path }) => path.toLowerCase(),
};

const fieldsOf = <Field extends string>(orders: Record<Field, unknown>): fc.Arbitrary<Field> =>
  fc.constantFrom(...(Object.keys(orders) as Field[]));
const direction = fc.constantFrom<Direction>('ASC', 'DESC');
const size = fc.integer({ min: 0, max: 7 });
const place = fc.option(fc.nat({ max: 40 }), { nil: undefined });

/** What the oracle says of a page: the list, cut at the cursors' places, then from one end. */
function expectPage(
  list: readonly number[],
  request: { after: number | undefined; before: number | undefined; size: number; backward: boolean },
): { rows: number[]; hasNextPage: boolean; hasPreviousPage: boolean } {
  const start = request.after === undefined ? 0 : request.after + 1;
  const end = Math.max(start, request.before ?? list.length);
  const from = request.backward ? Math.max(start, end - request.size) : start;
  const to = request.backward ? end : Math.min(end, start + request.size);
  return { rows: list.slice(from, to), hasNextPage: to < list.length, hasPreviousPage: from > 0 };
}

/** Checks one page against the sorted, filtered list of rows; cursors are taken from rows of the list. */
function checkPage<Field extends string>(options: {
  list: readonly number[];
  select: (page: PageRequest<Field>) => Page;
  positionOf: (row: number) => Position;
  field: Field;
  direction: Direction;
  after: number | undefined;
  before: number | undefined;
  size: number;
  backward: boolean;
}): void {
  const { list, select, positionOf, size, backward } = options;
  const within = (index: number | undefined): number | undefined =>
    index === undefined || list.length === 0 ? undefined : index % list.length;
  const after = within(options.after);
  const before = within(options.before);
  const request: PageRequest<Field> = {
    field: options.field,
    direction: options.direction,
    ...(backward ? { last: size } : { first: size }),
    ...(after === undefined ? {} : { after: positionOf(list[after]!) }),
    ...(before === undefined ? {} : { before: positionOf(list[before]!) }),
  };
  const expected = expectPage(list, { after, before, size, backward });
  // Asked twice more: with the set that the count has left, and with whatever the page has then left.
  for (let time = 0; time < 3; time += 1) {
    const page = select(request);
    assert.deepEqual(
      {
        rows: page.rows,
        hasNextPage: page.hasNextPage,
        hasPreviousPage: page.hasPreviousPage,
        count: page.countMatches(),
      },
      { ...expected, count: list.length },
    );
  }
}

const cut = { after: place, before: place, size, backward: fc.boolean() };

test('certificates: any filter, order and page gives what sorting and filtering an array gives', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.option(certificateFilter, { nil: undefined }),
      fc.record({ field: fieldsOf(CERTIFICATE_ORDERS), direction, ...cut }),
      queryLimits,
      (records, filter, request, limits) => {
        const { naive, snapshot } = open(records, limits);
        const sorted = sortNaively(naive.certificates, CERTIFICATE_ORDERS[request.field], request.direction);
        const list = sorted
          .filter((certificate) => filter === undefined || matchesCertificate(filter, certificate))
          .map((certificate) => naive.certificates.indexOf(certificate));
        checkPage({
          ...request,
          list,
          select: (page) =>
            selectCertificates(snapshot, { page, ...(filter === undefined ? {} : { filter }) }),
          positionOf: (row) => createCertificatePositions(snapshot, request.field)(row),
        });
      },
    ),
    { numRuns: 1500 },
  );
});

test('devices: any filter, order and page gives what sorting and filtering an array gives', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.option(deviceFilter, { nil: undefined }),
      fc.record({ field: fieldsOf(DEVICE_ORDERS), direction, ...cut }),
      queryLimits,
      (records, filter, request, limits) => {
        const { naive, snapshot } = open(records, limits);
        const list = sortNaively(naive.devices, DEVICE_ORDERS[request.field], request.direction)
          .filter((device) => filter === undefined || matchesDevice(filter, device))
          .map((device) => naive.devices.indexOf(device));
        checkPage({
          ...request,
          list,
          select: (page) => selectDevices(snapshot, { page, ...(filter === undefined ? {} : { filter }) }),
          positionOf: (row) => createDevicePositions(snapshot, request.field)(row),
        });
      },
    ),
    { numRuns: 800 },
  );
});

test('installations: any filter, order and page gives what sorting and filtering an array gives', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.option(installationFilter, { nil: undefined }),
      fc.record({ field: fieldsOf(INSTALLATION_ORDERS), direction, ...cut }),
      queryLimits,
      (records, filter, request, limits) => {
        const { naive, snapshot } = open(records, limits);
        const list = sortNaively(naive.installations, INSTALLATION_ORDERS[request.field], request.direction)
          .filter((row) => filter === undefined || matchesInstallation(filter, row))
          .map((row) => naive.installations.indexOf(row));
        checkPage({
          ...request,
          list,
          select: (page) =>
            selectInstallations(snapshot, { page, ...(filter === undefined ? {} : { filter }) }),
          positionOf: (row) => createInstallationPositions(snapshot, request.field)(row),
        });
      },
    ),
    { numRuns: 1500 },
  );
});

test('a cursor of any row cuts a filtered list at its place, a range of the order beside other tests included', () => {
  const instant = fc.constantFrom(0, 1_700_000_000, 1_700_086_399, 1_700_086_400, 253_402_300_799);
  fc.assert(
    fc.property(
      inventory,
      fc.record({ low: instant, high: instant, other: certificateFilter, isConfined: fc.boolean() }),
      fc.record({ direction, size, backward: fc.boolean(), cursor: fc.nat() }),
      queryLimits,
      (records, { low, high, other, isConfined }, { direction, size, backward, cursor }, limits) => {
        const { naive, snapshot } = open(records, limits);
        if (records.length === 0) return;
        const test = { kind: 'range', minimum: Math.min(low, high), maximum: Math.max(low, high) } as const;
        const range = { kind: 'number', column: 'notAfter', test } as const;
        const filter: InstallationFilter = {
          kind: 'certificate',
          filter: { kind: 'all', filters: isConfined ? [range] : [range, other] },
        };
        const sorted = sortNaively(naive.installations, INSTALLATION_ORDERS.NOT_AFTER, direction);
        const place = cursor % sorted.length;
        const list = sorted.filter((row) => matchesInstallation(filter, row));
        const rowsOf = (part: readonly NaiveInstallation[]): number[] =>
          part.map((row) => naive.installations.indexOf(row));
        const isKept = (row: NaiveInstallation): boolean =>
          backward ? sorted.indexOf(row) < place : sorted.indexOf(row) > place;
        const rest = list.filter(isKept);
        const shown = backward ? rest.slice(Math.max(0, rest.length - size)) : rest.slice(0, size);
        const position = createInstallationPositions(
          snapshot,
          'NOT_AFTER',
        )(naive.installations.indexOf(sorted[place]!));
        const page = selectInstallations(snapshot, {
          filter,
          page: {
            field: 'NOT_AFTER',
            direction,
            ...(backward ? { last: size, before: position } : { first: size, after: position }),
          },
        });
        const before = backward ? rest.length - shown.length : list.length - rest.length;
        assert.deepEqual(
          {
            rows: page.rows,
            hasPreviousPage: page.hasPreviousPage,
            hasNextPage: page.hasNextPage,
            count: page.countMatches(),
          },
          {
            rows: rowsOf(shown),
            hasPreviousPage: before > 0,
            hasNextPage: list.length - before - shown.length > 0,
            count: list.length,
          },
        );
      },
    ),
    { numRuns: 1_200 },
  );
});

test('relations: a filtered page over the rows of a relation is the page over that part of the list', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.nat(),
      fc.option(installationFilter, { nil: undefined }),
      fc.record({ field: fieldsOf(INSTALLATION_ORDERS), direction, ...cut }),
      fc.record({ limits: queryLimits, ofDevice: fc.boolean(), isNamed: fc.boolean() }),
      (records, pick, filter, request, { limits, ofDevice, isNamed }) => {
        const { naive, snapshot } = open(records, limits);
        if (records.length === 0) return;
        const owners = ofDevice ? naive.devices : naive.certificates;
        const row = pick % owners.length;
        const own = new Set(owners[row]!.installations);
        const list = sortNaively(naive.installations, INSTALLATION_ORDERS[request.field], request.direction)
          .filter((candidate) => own.has(candidate))
          .filter((candidate) => filter === undefined || matchesInstallation(filter, candidate))
          .map((candidate) => naive.installations.indexOf(candidate));
        const relation: Relation = {
          kind: ofDevice ? 'device.installations' : 'certificate.installations',
          row,
        };
        const within = isNamed ? relation : getRelatedRows(snapshot, relation);
        checkPage({
          ...request,
          list,
          select: (page) =>
            selectInstallations(snapshot, { page, within, ...(filter === undefined ? {} : { filter }) }),
          positionOf: (candidate) => createInstallationPositions(snapshot, request.field)(candidate),
        });
      },
    ),
    { numRuns: 1200 },
  );
});

test('relations between certificates, devices and groups hold each row once', () => {
  fc.assert(
    fc.property(inventory, queryLimits, (records, limits) => {
      const { naive, snapshot } = open(records, limits);
      const distinctRows = <T>(rows: readonly T[], table: readonly T[]): number[] =>
        [...new Set(rows.map((item) => table.indexOf(item)))].sort((a, b) => a - b);
      const check = (relation: Relation, expected: readonly number[]): void =>
        assert.deepEqual([...getRelatedRows(snapshot, relation)], expected);
      for (const [row, { installations }] of naive.certificates.entries()) {
        const devices = installations.map(({ device }) => device);
        check({ kind: 'certificate.devices', row }, distinctRows(devices, naive.devices));
      }
      for (const [row, { installations }] of naive.devices.entries()) {
        const certificates = installations.map(({ certificate }) => certificate);
        check({ kind: 'device.certificates', row }, distinctRows(certificates, naive.certificates));
      }
      for (const [row, { devices }] of naive.groups.entries()) {
        check({ kind: 'rbacGroup.devices', row }, distinctRows(devices, naive.devices));
        const certificates = devices.flatMap(({ installations }) =>
          installations.map(({ certificate }) => certificate),
        );
        check({ kind: 'rbacGroup.certificates', row }, distinctRows(certificates, naive.certificates));
      }
    }),
    { numRuns: 300 },
  );
});

test('RBAC groups: every page in both directions', () => {
  fc.assert(
    fc.property(inventory, fc.record({ direction, ...cut }), (records, request) => {
      const { naive, snapshot } = open(records);
      const ascending = naive.groups.map((_, row) => row);
      checkPage({
        ...request,
        field: 'RBAC_GROUP_ID',
        list: request.direction === 'ASC' ? ascending : ascending.toReversed(),
        select: (page) => selectRbacGroups(snapshot, { page }),
        positionOf: (row) => createRbacGroupPositions(snapshot, 'RBAC_GROUP_ID')(row),
      });
    }),
    { numRuns: 200 },
  );
});

test('a walk in pages, forward or backward, gives the whole list once', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.record({ field: fieldsOf(CERTIFICATE_ORDERS), direction, size: fc.integer({ min: 1, max: 5 }) }),
      fc.boolean(),
      (records, { field, direction, size }, backward) => {
        const { snapshot } = open(records);
        const whole = selectCertificates(snapshot, { page: { field, direction, first: 1000 } }).rows;
        const walked: number[] = [];
        let cursor: Position | undefined;
        for (let more = true; more; ) {
          const page: Page = selectCertificates(snapshot, {
            page: {
              field,
              direction,
              ...(backward ? { last: size } : { first: size }),
              ...(cursor === undefined ? {} : { [backward ? 'before' : 'after']: cursor }),
            },
          });
          if (backward) walked.unshift(...page.rows);
          else walked.push(...page.rows);
          more = backward ? page.hasPreviousPage : page.hasNextPage;
          const edge = backward ? page.rows[0] : page.rows.at(-1);
          if (edge !== undefined) cursor = createCertificatePositions(snapshot, field)(edge);
        }
        assert.deepEqual(walked, whole);
      },
    ),
    { numRuns: 400 },
  );
});

test('a cursor whose row is gone continues at its place: nothing repeats, nothing that stayed is skipped', () => {
  fc.assert(
    fc.property(
      inventory,
      fc.record({ field: fieldsOf(INSTALLATION_ORDERS), direction }),
      fc.nat(),
      fc.func(fc.boolean()),
      (records, { field, direction }, pick, keep) => {
        const { naive, snapshot } = open(records);
        if (naive.installations.length === 0) return;
        const order = INSTALLATION_ORDERS[field];
        const sorted = sortNaively(naive.installations, order, direction);
        const cursorRow = sorted[pick % sorted.length]!;
        const position = createInstallationPositions(snapshot, field)(naive.installations.indexOf(cursorRow));

        const later = open(records.filter((_, index) => keep(index)));
        const keyOf = (row: NaiveInstallation): string =>
          JSON.stringify([row.device.merged.deviceId, row.certificate.merged.thumbprint, row.path]);
        const before = new Map(sorted.map((row, index) => [keyOf(row), { index, value: order(row) }]));
        const cursorIndex = sorted.indexOf(cursorRow);
        const shown = selectInstallations(later.snapshot, {
          page: { field, direction, first: 1000, after: position },
        }).rows.map((row) => keyOf(later.naive.installations[row]!));
        for (const row of later.naive.installations) {
          const known = before.get(keyOf(row))!;
          if (known.value !== order(row)) continue;
          assert.equal(shown.includes(keyOf(row)), known.index > cursorIndex);
        }
      },
    ),
    { numRuns: 600 },
  );
});

function open(
  records: readonly InventoryRecord[],
  limits: Partial<QueryLimits> = {},
): { naive: NaiveInventory; snapshot: Snapshot } {
  return { naive: createNaiveInventory(records), snapshot: openRecords(records, limits) };
}
