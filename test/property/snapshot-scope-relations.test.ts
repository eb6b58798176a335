/** The relations of what is seen, paged or in full, are those of an inventory of the scope's devices alone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countRelatedRows, getRelatedRows, type Relation } from '../../src/snapshot/relations.ts';
import type { Tie } from '../../src/snapshot/row-orders.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import {
  CERTIFICATES,
  comparePages,
  DEVICES,
  INSTALLATIONS,
  type Inventories,
  inventories,
  RBAC_GROUPS,
  requestTo,
  type Table,
} from '../support/scoped-inventories.ts';

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
