/**
 * Pages: which rows a connection shows. One function a table, all of the same mechanism, which is in `select-page.ts`.
 *
 * Both page flags are true to the whole filtered list, whatever the cursors cut off; the count is taken when
 * asked for. A cursor needs no row: it marks a place.
 *
 * Each comes twice: prepared, to be made in pieces, of as many relations as one likes, by whoever must not be kept for
 * long; and in one go, for whoever may.
 */

import type { CertificateFilter, DeviceFilter, InstallationFilter } from './filter.ts';
import { confineCertificates, confineDevices, confineInstallations } from './filter-ranges.ts';
import { createInventoryTests } from './inventory-tests.ts';
import { planCertificateFilter, planDeviceFilter, planInstallationFilter } from './plan-filter.ts';
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
} from './row-orders.ts';
import type { RowSet } from './row-set.ts';
import { type PageRequest, type SlicedPage, selectPage } from './select-page.ts';
import type { Within } from './selected-rows.ts';
import type { Snapshot } from './snapshot.ts';
import { finish, type Work } from './work.ts';

/** What is asked of a connection, whatever rows it chooses from. */
export interface Question<Filter, Field extends string> {
  readonly filter?: Filter;
  readonly page: PageRequest<Field>;
}

export interface Selection<Filter, Field extends string> extends Question<Filter, Field> {
  /** See {@link SelectWithin}. */
  readonly within?: Within;
}

/** Selects a page of what is to be chosen from: the rows of a relation, or any rows, ascending; absent = the whole table. */
export type SelectWithin = (within?: Within) => Work<SlicedPage>;

/** A page that was made in one go. */
export interface Page extends Omit<SlicedPage, 'count'> {
  /** All matching rows, whatever the cursors. */
  countMatches(): number;
}

export function prepareCertificates(
  snapshot: Snapshot,
  { filter, page }: Question<CertificateFilter, CertificateOrderField>,
): SelectWithin {
  const plan = filter === undefined ? undefined : planCertificateFilter(filter, snapshot);
  const table = {
    name: 'certificates',
    length: snapshot.certificates.length,
    order: certificateOrder(snapshot, page.field),
    tie: certificateTie(snapshot),
    ...scopeOf(snapshot, 'certificates'),
    ...(plan === undefined
      ? {}
      : {
          filter: {
            plan,
            tests: createInventoryTests(snapshot).certificates,
            confined: confineCertificates(plan, page.field),
          },
        }),
  };
  return (within) => selectPage(snapshot, table, page, within);
}

export function prepareDevices(
  snapshot: Snapshot,
  { filter, page }: Question<DeviceFilter, DeviceOrderField>,
): SelectWithin {
  const plan = filter === undefined ? undefined : planDeviceFilter(filter, snapshot);
  const table = {
    name: 'devices',
    length: snapshot.devices.length,
    order: deviceOrder(snapshot, page.field),
    tie: deviceTie(snapshot),
    ...scopeOf(snapshot, 'devices'),
    ...(plan === undefined
      ? {}
      : {
          filter: {
            plan,
            tests: createInventoryTests(snapshot).devices,
            confined: confineDevices(plan, page.field),
          },
        }),
  };
  return (within) => selectPage(snapshot, table, page, within);
}

export function prepareInstallations(
  snapshot: Snapshot,
  { filter, page }: Question<InstallationFilter, InstallationOrderField>,
): SelectWithin {
  const plan = filter === undefined ? undefined : planInstallationFilter(filter, snapshot);
  const table = {
    name: 'installations',
    length: snapshot.installations.length,
    order: installationOrder(snapshot, page.field),
    tie: installationTie(snapshot),
    ...scopeOf(snapshot, 'installations'),
    ...(plan === undefined
      ? {}
      : {
          filter: {
            plan,
            tests: createInventoryTests(snapshot).installations,
            confined: confineInstallations(plan, page.field),
          },
        }),
  };
  return (within) => selectPage(snapshot, table, page, within);
}

/** Groups have no filter. */
export function prepareRbacGroups(
  snapshot: Snapshot,
  { page }: Question<never, RbacGroupOrderField>,
): SelectWithin {
  const { rbacGroups } = snapshot;
  const table = {
    name: 'rbacGroups',
    length: rbacGroups.length,
    order: rbacGroupOrder(),
    tie: rbacGroupTie(snapshot),
    ...scopeOf(snapshot, 'rbacGroups'),
  };
  return (within) => selectPage(snapshot, table, page, within);
}

/** The rows of a table that can be found, where those are not all. */
function scopeOf(
  { visible }: Snapshot,
  table: 'certificates' | 'devices' | 'installations' | 'rbacGroups',
): { readonly scope?: RowSet } {
  return visible === null ? {} : { scope: visible[table] };
}

export function selectCertificates(
  snapshot: Snapshot,
  selection: Selection<CertificateFilter, CertificateOrderField>,
): Page {
  return finishPage(prepareCertificates(snapshot, selection)(selection.within));
}

export function selectDevices(
  snapshot: Snapshot,
  selection: Selection<DeviceFilter, DeviceOrderField>,
): Page {
  return finishPage(prepareDevices(snapshot, selection)(selection.within));
}

export function selectInstallations(
  snapshot: Snapshot,
  selection: Selection<InstallationFilter, InstallationOrderField>,
): Page {
  return finishPage(prepareInstallations(snapshot, selection)(selection.within));
}

export function selectRbacGroups(snapshot: Snapshot, selection: Selection<never, RbacGroupOrderField>): Page {
  return finishPage(prepareRbacGroups(snapshot, selection)(selection.within));
}

function finishPage(work: Work<SlicedPage>): Page {
  const { count, ...page } = finish(work);
  return { ...page, countMatches: () => finish(count()) };
}
