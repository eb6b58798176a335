/**
 * The loaders of one request: what many fields of a page ask for is looked up in one go. Keys are rows, with the
 * the number of the canonical arguments for connections; equal keys are looked up once. A failed key fails alone.
 *
 * They cache nothing beyond their request. The start of a batch is deferred; connections that take long go on in slices, and in
 * another thread than the refresher's its status is waited for.
 */

import DataLoader from 'dataloader';
import type { Relation } from '../snapshot/relations.ts';
import type { AskedArguments } from './asked-arguments.ts';
import { type ConnectionArguments, INSTALLATIONS, openConnection } from './connections.ts';
import { findNode } from './find-node.ts';
import type * as Schema from './generated/schema-types.ts';
import type { CertificateHandle, DeviceHandle, InstallationConnectionHandle, NodeHandle } from './handles.ts';
import { encodeNodeId, type NodeReference } from './node-id.ts';
import type { RefreshPort } from './refresh-port.ts';
import { getSnapshot, type RequestFacts } from './request-facts.ts';
import type { MaybePromise } from './slices.ts';

export type InstallationArguments = ConnectionArguments<
  Schema.InstallationFilter,
  Schema.InstallationOrderField
>;

/** The installations of one row of another table. */
export interface InstallationsKey {
  readonly row: number;
  readonly asked: AskedArguments<InstallationArguments>;
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
    find: (key: Key) => MaybePromise<Value>,
    cacheKeyFn: (key: Key) => CacheKey,
  ): DataLoader<Key, Value, CacheKey> =>
    new DataLoader(
      (keys) => {
        onBatch?.(name, keys.length);
        return Promise.all(keys.map((key) => valueOrError(facts, () => find(key))));
      },
      { name, cacheKeyFn },
    );
  const installationsOf = (kind: Relation['kind']) => (key: InstallationsKey) =>
    openConnection(INSTALLATIONS, facts, key.asked, { kind, row: key.row });

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
      installationsOf('certificate.installations'),
      toInstallationsCacheKey,
    ),
    deviceInstallations: create(
      'deviceInstallations',
      installationsOf('device.installations'),
      toInstallationsCacheKey,
    ),
  };
}

/** Once the request is over, nothing is looked up. DataLoader takes an error in its slot; anything else thrown would fail the whole batch. */
function valueOrError<Value>(
  { deadline }: RequestFacts,
  find: () => MaybePromise<Value>,
): MaybePromise<Value | Error> {
  const end = deadline.glance();
  if (end !== undefined) return end;
  try {
    const value = find();
    return value instanceof Promise ? value.catch(toError) : value;
  } catch (error) {
    return toError(error);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function toInstallationsCacheKey({ row, asked }: InstallationsKey): string {
  return `${row} ${asked.number}`;
}

function toSelf(row: number): number {
  return row;
}
