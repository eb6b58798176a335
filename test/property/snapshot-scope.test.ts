/**
 * What a scope counts, finds and says of a device or a group is what an inventory of its devices alone does. Its pages and its
 * relations have files of their own beside this one.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { selectCertificates } from '../../src/snapshot/connection.ts';
import type { CertificateFilter } from '../../src/snapshot/filter.ts';
import { type CertificateOrderField, createCertificatePositions } from '../../src/snapshot/row-orders.ts';
import { openScope } from '../../src/snapshot/scope.ts';
import type { PageRequest } from '../../src/snapshot/select-page.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { finish } from '../../src/snapshot/work.ts';
import { inventory, openRecords, withoutConflicts } from '../support/inventories.ts';
import {
  CERTIFICATES,
  DEVICES,
  groupIds,
  INSTALLATIONS,
  inventories,
  RBAC_GROUPS,
  scopeLimits,
  show,
} from '../support/scoped-inventories.ts';

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
    fc.property(inventory, fc.tuple(groupIds, groupIds), scopeLimits, (given, groups, bounds) => {
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
