/**
 * What resolvers take as parent: small handles that say which row or view is meant, never its content. Rows
 * are rows of the request's snapshot and mean nothing outside of it. `kind` is the type's name in the schema.
 */

import type { SlicedPage } from '../snapshot/select-page.ts';
import type { RefreshLimit } from './generated/schema-types.ts';
import type { RefreshRunView, RefreshStatusView } from './refresh-port.ts';
import type { MaybePromise } from './slices.ts';

export interface CertificateHandle {
  readonly kind: 'Certificate';
  readonly row: number;
}

export interface DeviceHandle {
  readonly kind: 'Device';
  readonly row: number;
}

export interface InstallationHandle {
  readonly kind: 'Installation';
  readonly row: number;
}

export interface RbacGroupHandle {
  readonly kind: 'RbacGroup';
  readonly row: number;
}

/** The snapshot of the request. */
export interface SnapshotHandle {
  readonly kind: 'Snapshot';
}

export interface RefreshStatusHandle {
  readonly kind: 'RefreshStatus';
  readonly status: RefreshStatusView;
}

export interface RefreshRunHandle {
  readonly kind: 'RefreshRun';
  readonly run: RefreshRunView;
}

/** Whatever has an id. */
export type NodeHandle =
  | CertificateHandle
  | DeviceHandle
  | InstallationHandle
  | RbacGroupHandle
  | SnapshotHandle
  | RefreshStatusHandle
  | RefreshRunHandle;

export type NodeKind = NodeHandle['kind'];

/** A row of the name table. */
export interface DistinguishedNameHandle {
  readonly name: number;
}

/** A page of rows, and how to make a node and a cursor of one; neither is made unless asked for. */
export interface ConnectionHandle<Node> {
  readonly page: SlicedPage;
  /** All matching rows, whatever the cursors. */
  countMatches(): MaybePromise<number>;
  toNode(row: number): Node;
  toCursor(row: number): string;
}

export interface EdgeHandle<Node> {
  readonly row: number;
  readonly connection: ConnectionHandle<Node>;
}

export type PageInfoHandle = ConnectionHandle<unknown>;
export type CertificateConnectionHandle = ConnectionHandle<CertificateHandle>;
export type DeviceConnectionHandle = ConnectionHandle<DeviceHandle>;
export type InstallationConnectionHandle = ConnectionHandle<InstallationHandle>;
export type RbacGroupConnectionHandle = ConnectionHandle<RbacGroupHandle>;
export type CertificateEdgeHandle = EdgeHandle<CertificateHandle>;
export type DeviceEdgeHandle = EdgeHandle<DeviceHandle>;
export type InstallationEdgeHandle = EdgeHandle<InstallationHandle>;
export type RbacGroupEdgeHandle = EdgeHandle<RbacGroupHandle>;

export interface RefreshStartedHandle {
  readonly kind: 'RefreshStarted';
  readonly status: RefreshStatusView;
}

export interface RefreshAlreadyRunningHandle {
  readonly kind: 'RefreshAlreadyRunning';
  readonly status: RefreshStatusView;
}

export interface RefreshRateLimitedHandle {
  readonly kind: 'RefreshRateLimited';
  readonly status: RefreshStatusView;
  readonly retryAtMs: number;
  readonly reason: RefreshLimit;
}

export type RefreshSnapshotResultHandle =
  | RefreshStartedHandle
  | RefreshAlreadyRunningHandle
  | RefreshRateLimitedHandle;
