/**
 * Connections: arguments in, a page of rows out, nodes and cursors made only when asked for. One description a table
 * says how it is ordered, filtered, selected and named; the mechanism is the same for all.
 */

import {
  prepareCertificates,
  prepareDevices,
  prepareInstallations,
  prepareRbacGroups,
  type Question,
  type SelectWithin,
} from '../snapshot/connection.ts';
import type { CertificateFilter, DeviceFilter, InstallationFilter } from '../snapshot/filter.ts';
import type { Relation } from '../snapshot/relations.ts';
import {
  type CertificateOrderField,
  createCertificatePositions,
  createDevicePositions,
  createInstallationPositions,
  createRbacGroupPositions,
  type DeviceOrderField,
  type InstallationOrderField,
  type RbacGroupOrderField,
} from '../snapshot/row-orders.ts';
import type { PageRequest, SlicedPage } from '../snapshot/select-page.ts';
import type { Direction, Position } from '../snapshot/sequence.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { AskedArguments } from './asked-arguments.ts';
import { type CursorScope, decodeCursor, encodeCursor } from './cursor.ts';
import type { Optional } from './filters/connectives.ts';
import { toCertificateFilter, toDeviceFilter, toInstallationFilter } from './filters/inventory.ts';
import { type FilterScope, filterScope } from './filters/scope.ts';
import type * as Schema from './generated/schema-types.ts';
import type {
  CertificateHandle,
  ConnectionHandle,
  DeviceHandle,
  InstallationHandle,
  RbacGroupHandle,
} from './handles.ts';
import { type PageArguments, parsePageSize } from './pagination.ts';
import { toCounted } from './repeated-faults.ts';
import { getNowSeconds, getSnapshot, type RequestFacts, runWork } from './request-facts.ts';
import type { MaybePromise } from './slices.ts';

/** The arguments of a connection field, as the caller gave them. */
export interface ConnectionArguments<FilterInput, Field extends string> extends PageArguments {
  readonly filter?: Optional<FilterInput>;
  readonly orderBy?: Optional<{ readonly field: Field; readonly direction?: Optional<Direction> }>;
}

/** How one table is shown as a connection. */
export interface ConnectionDescription<
  Node extends { kind: string },
  FilterInput,
  Filter,
  Field extends string,
> {
  readonly kind: Node['kind'];
  readonly defaultField: Field;
  /** The fields that compare text; all others compare numbers. */
  readonly textFields: readonly Field[];
  /** How many texts make an identity, see {@link Position}. */
  readonly identityLength: number;
  toFilter(input: FilterInput, scope: FilterScope): Filter;
  toNode(row: number): Node;
  /** What the cursor of a row holds, for the rows of one order. */
  createPositions(snapshot: Snapshot, field: Field): (row: number) => Position;
  prepare(snapshot: Snapshot, question: Question<Filter, Field>): SelectWithin;
}

export const CERTIFICATES: ConnectionDescription<
  CertificateHandle,
  Schema.CertificateFilter,
  CertificateFilter,
  CertificateOrderField
> = {
  kind: 'Certificate',
  defaultField: 'THUMBPRINT',
  textFields: ['SUBJECT', 'ISSUER'],
  identityLength: 1,
  toFilter: toCertificateFilter,
  toNode: (row) => ({ kind: 'Certificate', row }),
  createPositions: createCertificatePositions,
  prepare: prepareCertificates,
};

export const DEVICES: ConnectionDescription<
  DeviceHandle,
  Schema.DeviceFilter,
  DeviceFilter,
  DeviceOrderField
> = {
  kind: 'Device',
  defaultField: 'DEVICE_ID',
  textFields: ['NAME'],
  identityLength: 1,
  toFilter: toDeviceFilter,
  toNode: (row) => ({ kind: 'Device', row }),
  createPositions: createDevicePositions,
  prepare: prepareDevices,
};

export const INSTALLATIONS: ConnectionDescription<
  InstallationHandle,
  Schema.InstallationFilter,
  InstallationFilter,
  InstallationOrderField
> = {
  kind: 'Installation',
  defaultField: 'DEVICE_ID',
  textFields: ['PATH'],
  identityLength: 3,
  toFilter: toInstallationFilter,
  toNode: (row) => ({ kind: 'Installation', row }),
  createPositions: createInstallationPositions,
  prepare: prepareInstallations,
};

/** Groups have neither filters nor orders of choice. */
export const RBAC_GROUPS: ConnectionDescription<RbacGroupHandle, never, never, RbacGroupOrderField> = {
  kind: 'RbacGroup',
  defaultField: 'RBAC_GROUP_ID',
  textFields: [],
  identityLength: 1,
  toFilter: (input) => input,
  toNode: (row) => ({ kind: 'RbacGroup', row }),
  createPositions: createRbacGroupPositions,
  prepare: prepareRbacGroups,
};

/** A connection as one field of a document asks for it: everything that does not depend on the parent. */
interface PreparedConnection {
  readonly select: SelectWithin;
  toCursor(row: number): string;
}

/**
 * The page of a connection: at once where that is quick, as nearly always. What its arguments mean is worked out once for
 * a field of a request, however many parents it has.
 *
 * @param within the relation to choose from; the whole table when absent
 * @throws SNAPSHOT_UNAVAILABLE; BAD_USER_INPUT for a page size, a cursor or a filter that breaks a rule; what stands for them when a
 *   request has failed so often already
 */
export function openConnection<Node extends { kind: string }, FilterInput, Filter, Field extends string>(
  description: ConnectionDescription<Node, FilterInput, Filter, Field>,
  facts: RequestFacts,
  asked: AskedArguments<ConnectionArguments<FilterInput, Field>>,
  within?: Relation,
): MaybePromise<ConnectionHandle<Node>> {
  try {
    const selected = selectConnection(description, facts, asked, within);
    if (!(selected instanceof Promise)) return selected;
    return selected.catch((error: unknown) => Promise.reject(toRepeated(facts, error, within)));
  } catch (error) {
    throw toRepeated(facts, error, within);
  }
}

/** One mistake in the arguments of a field fails with each of its parents, in the same words. */
function toRepeated({ account }: RequestFacts, error: unknown, within: Relation | undefined): unknown {
  const words = error instanceof Error ? error.message : '';
  return toCounted(account.faults, `${within?.kind} ${words}`, error);
}

function selectConnection<Node extends { kind: string }, FilterInput, Filter, Field extends string>(
  description: ConnectionDescription<Node, FilterInput, Filter, Field>,
  facts: RequestFacts,
  { given, prepared }: AskedArguments<ConnectionArguments<FilterInput, Field>>,
  within: Relation | undefined,
): MaybePromise<ConnectionHandle<Node>> {
  const { select, toCursor } = prepared(description, () => prepareConnection(description, facts, given));
  const { toNode } = description;
  const toHandle = (page: SlicedPage): ConnectionHandle<Node> => ({
    page,
    countMatches: () => runWork(facts, page.count()),
    toNode,
    toCursor,
  });
  const selected = runWork(facts, select(within));
  return selected instanceof Promise ? selected.then(toHandle) : toHandle(selected);
}

function prepareConnection<Node extends { kind: string }, FilterInput, Filter, Field extends string>(
  description: ConnectionDescription<Node, FilterInput, Filter, Field>,
  facts: RequestFacts,
  given: ConnectionArguments<FilterInput, Field>,
): PreparedConnection {
  const snapshot = getSnapshot(facts);
  const field = given.orderBy?.field ?? description.defaultField;
  const direction = given.orderBy?.direction ?? 'ASC';
  const scope: CursorScope = {
    type: description.kind,
    field,
    direction,
    valueType: description.textFields.includes(field) ? 'string' : 'number',
    identityLength: description.identityLength,
  };
  const page: PageRequest<Field> = {
    field,
    direction,
    ...parsePageSize(given),
    ...decodeCursors(given, scope),
  };
  const filter =
    given.filter == null
      ? {}
      : { filter: description.toFilter(given.filter, filterScope(getNowSeconds(facts))) };
  let toPosition: ((row: number) => Position) | undefined;
  return {
    select: description.prepare(snapshot, { page, ...filter }),
    toCursor: (row) => {
      toPosition ??= description.createPositions(snapshot, field);
      return encodeCursor(scope, toPosition(row));
    },
  };
}

function decodeCursors(
  { after, before }: PageArguments,
  scope: CursorScope,
): { readonly after?: Position; readonly before?: Position } {
  return {
    ...(after == null ? {} : { after: decodeCursor(after, scope, 'after') }),
    ...(before == null ? {} : { before: decodeCursor(before, scope, 'before') }),
  };
}
