/** Pages of a scope are those of an inventory of its devices alone: any filter, any order, from any cursor. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Page } from '../../src/snapshot/connection.ts';
import type { CertificatePart } from '../../src/snapshot/record.ts';
import { openScope } from '../../src/snapshot/scope.ts';
import type { Position } from '../../src/snapshot/sequence.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { finish } from '../../src/snapshot/work.ts';
import { type InventoryRecord, openRecords, UNKNOWN_CERTIFICATE } from '../support/inventories.ts';
import { createRandom } from '../support/random.ts';
import {
  CERTIFICATES,
  comparePages,
  DEVICES,
  INSTALLATIONS,
  type Inventories,
  inventories,
  RBAC_GROUPS,
  requestTo,
  show,
  type Table,
} from '../support/scoped-inventories.ts';

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
