/**
 * The loaders of one request: what many fields of a page ask for is looked up in one go. Keys are rows, with the
 * canonical arguments for connections; equal keys are looked up once. A failed key fails alone.
 *
 * They cache nothing beyond their request. A batch is synchronous work; only its start is deferred.
 */

import DataLoader from 'dataloader';
import { toCanonicalJson } from './canonical-json.ts';
import { type ConnectionArguments, INSTALLATIONS, openConnection } from './connections.ts';
import { findNode } from './find-node.ts';
import type * as Schema from './generated/schema-types.ts';
import type { CertificateHandle, DeviceHandle, InstallationConnectionHandle, NodeHandle } from './handles.ts';
import { encodeNodeId, type NodeReference } from './node-id.ts';
import type { RefreshPort } from './refresh-port.ts';
import { getSnapshot, type RequestFacts } from './request-facts.ts';

export type InstallationArguments = ConnectionArguments<
  Schema.InstallationFilter,
  Schema.InstallationOrderField
>;

/** The installations of one row of another table. */
export interface InstallationsKey {
  readonly row: number;
  readonly given: InstallationArguments;
}

export interface Loaders {
  readonly node: DataLoader<NodeReference, NodeHandle | null, string>;
  /** By row of the installation. */
  readonly installationCertificate: DataLoader<number, CertificateHandle>;
  /** By row of the installation. */
  readonly installationDevice: DataLoader<number, DeviceHandle>;
  readonly certificateInstallations: DataLoader<InstallationsKey, InstallationConnectionHandle, string>;
  readonly deviceInstallations: DataLoader<InstallationsKey, InstallationConnectionHandle, string>;
}

/** Told of each batch: which loader, and how many distinct keys. */
export type BatchObserver = (loader: keyof Loaders, keyCount: number) => void;

/** A fresh set for one request. */
export function createLoaders(facts: RequestFacts, refresh: RefreshPort, onBatch?: BatchObserver): Loaders {
  const create = <Key, Value, CacheKey>(
    name: keyof Loaders,
    find: (key: Key) => Value,
    cacheKeyFn: (key: Key) => CacheKey,
  ): DataLoader<Key, Value, CacheKey> =>
    new DataLoader(
      (keys) => {
        onBatch?.(name, keys.length);
        return Promise.resolve(keys.map((key) => valueOrError(() => find(key))));
      },
      { name, cacheKeyFn },
    );
  const installationsOf = (rowsOf: (row: number) => Uint32Array) => (key: InstallationsKey) =>
    openConnection(INSTALLATIONS, facts, key.given, rowsOf(key.row));

  return {
    node: create(
      'node',
      (reference: NodeReference) => findNode(reference, facts, refresh),
      ({ kind, key }) => encodeNodeId(kind, ...key),
    ),
    installationCertificate: create(
      'installationCertificate',
      (row: number): CertificateHandle => ({
        kind: 'Certificate',
        row: getSnapshot(facts).installations.certificateRow(row),
      }),
      toSelf,
    ),
    installationDevice: create(
      'installationDevice',
      (row: number): DeviceHandle => ({
        kind: 'Device',
        row: getSnapshot(facts).installations.deviceRow(row),
      }),
      toSelf,
    ),
    certificateInstallations: create(
      'certificateInstallations',
      installationsOf((row) => getSnapshot(facts).certificates.installationRows(row)),
      toInstallationsCacheKey,
    ),
    deviceInstallations: create(
      'deviceInstallations',
      installationsOf((row) => getSnapshot(facts).devices.installationRows(row)),
      toInstallationsCacheKey,
    ),
  };
}

/** DataLoader takes an error in its slot; anything else thrown would fail the whole batch. */
function valueOrError<Value>(find: () => Value): Value | Error {
  try {
    return find();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function toInstallationsCacheKey({ row, given }: InstallationsKey): string {
  return `${row} ${toCanonicalJson(given)}`;
}

function toSelf(row: number): number {
  return row;
}
