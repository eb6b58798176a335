/**
 * The immutable inventory as queries see it: four tables over shared bytes, nothing copied. All of it, or the part that
 * somebody is limited to (`scope.ts`), who can find no row of the rest and no count of it.
 *
 * A row is a number below the table's length, in identity order, good for this snapshot only; ids and
 * cursors carry natural keys. Every reader is synchronous. Tables give out views of their columns to the
 * query engine alone, which never writes.
 */

import { invariant } from '../core/errors.ts';
import { AllInstallations } from './certificate-installations.ts';
import { CertificateTable } from './certificates.ts';
import { DeviceTable, RbacGroupTable } from './devices.ts';
import {
  type ColumnArray,
  type EncodedSnapshot,
  FORMAT_VERSION,
  openSegment,
  type SnapshotManifest,
} from './format.ts';
import { InstallationTable } from './installations.ts';
import { NameTable } from './names.ts';
import { createQueryState, type QueryState } from './query-state.ts';
import { StringTable } from './string-table.ts';
import { COUNT_ORDERS, type VisibleRows } from './visible-rows.ts';
import type { QueryLimits } from './work.ts';

/** How many rows somebody sees. */
export interface SnapshotCounts {
  readonly certificates: number;
  readonly devices: number;
  readonly installations: number;
}

/** An order of a table, see {@link Snapshot.findOrder}. */
interface Permutation {
  readonly rows: Uint32Array;
  /** How many have a key; they come first. */
  readonly known: number;
}

type Segments = ReadonlyMap<string, ReadonlyMap<string, ColumnArray>>;

export class Snapshot {
  /** Of the whole inventory, its counts included. */
  readonly manifest: SnapshotManifest;
  readonly counts: SnapshotCounts;
  /** What can be found; `null` = everything. */
  readonly visible: VisibleRows | null;
  readonly strings: StringTable;
  readonly names: NameTable;
  readonly certificates: CertificateTable;
  readonly devices: DeviceTable;
  readonly installations: InstallationTable;
  readonly rbacGroups: RbacGroupTable;
  /** What queries over this snapshot share; of no interest to anybody else. */
  readonly queries: QueryState;
  readonly #segments: Segments;
  readonly #orders: ReadonlyMap<string, ColumnArray>;
  readonly #buffers: EncodedSnapshot['segments'];

  private constructor(
    manifest: SnapshotManifest,
    segments: Segments,
    buffers: EncodedSnapshot['segments'],
    limits: Partial<QueryLimits>,
    visible: VisibleRows | null,
  ) {
    const segment = (name: string): ReadonlyMap<string, ColumnArray> => {
      const columns = segments.get(name);
      invariant(columns !== undefined, `A snapshot must have the segment ${name}.`);
      return columns;
    };
    const installations = segment('installations');
    const certificates = segment('certificates');
    this.manifest = manifest;
    this.visible = visible;
    this.counts = visible === null ? countAll(manifest) : countVisible(visible);
    this.strings = new StringTable(segment('strings'));
    this.names = new NameTable(segment('names'), this.strings);
    this.devices = new DeviceTable(
      segment('devices'),
      this.strings,
      installations.get('certificate') as Uint32Array,
      visible?.devices ?? null,
    );
    this.certificates = new CertificateTable(certificates, segment('names'), this.strings, {
      devices: this.devices,
      installations: visible?.certificateInstallations ?? new AllInstallations(certificates),
      visible: visible?.certificates ?? null,
    });
    this.rbacGroups = new RbacGroupTable(segment('rbacGroups'), this.strings, visible?.rbacGroups ?? null);
    this.installations = new InstallationTable(
      installations,
      this.strings,
      this,
      visible?.installations ?? null,
    );
    this.queries = createQueryState(limits);
    this.#segments = segments;
    this.#buffers = buffers;
    this.#orders = segment('orders');
    Object.freeze(this);
  }

  /**
   * Opens what a builder made or a repository kept. O(number of columns).
   *
   * @param limits how queries may spend time and memory, where that is to differ from the defaults
   */
  static open({ manifest, segments }: EncodedSnapshot, limits: Partial<QueryLimits> = {}): Snapshot {
    invariant(
      manifest.formatVersion === FORMAT_VERSION,
      `A snapshot must have format version ${FORMAT_VERSION}, but has ${manifest.formatVersion}.`,
    );
    const opened = manifest.segments.map((descriptor) => {
      const buffer = segments.get(descriptor.name);
      invariant(buffer !== undefined, `The bytes of segment ${descriptor.name} must be there.`);
      return [descriptor.name, openSegment(descriptor, buffer)] as const;
    });
    return new Snapshot(manifest, new Map(opened), segments, limits, null);
  }

  /**
   * The same inventory to somebody who sees a part of it, with a cache of its own: nothing that was worked out for one is
   * ever looked up for another. O(number of columns).
   */
  within(visible: VisibleRows): Snapshot {
    const { limits } = this.queries;
    const cacheBytes = Math.min(limits.cacheBytes, limits.scopeCacheBytes);
    return new Snapshot(this.manifest, this.#segments, this.#buffers, { ...limits, cacheBytes }, visible);
  }

  /** The bytes of the whole inventory, to be opened in another thread: shared, not copied. */
  get encoded(): EncodedSnapshot {
    return { manifest: this.manifest, segments: this.#buffers };
  }

  /**
   * A precomputed order, `<table>.<FIELD>`; `undefined` for the identity. One that depends on what can be found has no other
   * rows; in the others everything stands.
   */
  findOrder(name: string): Permutation | undefined {
    if (this.visible !== null) {
      const field = COUNT_ORDERS.find((order) => name === `certificates.${order}`);
      if (field !== undefined) {
        const rows = this.visible.certificateOrders[field];
        return { rows, known: rows.length };
      }
    }
    const rows = this.#orders.get(name) as Uint32Array | undefined;
    return rows === undefined ? undefined : { rows, known: this.#orders.get(`${name}.known`)![0]! };
  }
}

function countAll(manifest: SnapshotManifest): SnapshotCounts {
  const { certificateCount, deviceCount, installationCount } = manifest;
  return { certificates: certificateCount, devices: deviceCount, installations: installationCount };
}

function countVisible({ certificates, devices, installations }: VisibleRows): SnapshotCounts {
  return { certificates: certificates.count, devices: devices.count, installations: installations.count };
}
