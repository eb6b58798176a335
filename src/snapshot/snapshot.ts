/**
 * The immutable inventory as queries see it: four tables over shared bytes, nothing copied.
 *
 * A row is a number below the table's length, in identity order, good for this snapshot only; ids and
 * cursors carry natural keys. Every reader is synchronous. Tables give out views of their columns to the
 * query engine alone, which never writes.
 */

import { invariant } from '../core/errors.ts';
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
import type { QueryLimits } from './work.ts';

export class Snapshot {
  readonly manifest: SnapshotManifest;
  readonly strings: StringTable;
  readonly names: NameTable;
  readonly certificates: CertificateTable;
  readonly devices: DeviceTable;
  readonly installations: InstallationTable;
  readonly rbacGroups: RbacGroupTable;
  /** What queries over this snapshot share; of no interest to anybody else. */
  readonly queries: QueryState;
  readonly #orders: ReadonlyMap<string, ColumnArray>;

  private constructor(
    manifest: SnapshotManifest,
    segments: ReadonlyMap<string, ReadonlyMap<string, ColumnArray>>,
    limits: Partial<QueryLimits>,
  ) {
    const segment = (name: string): ReadonlyMap<string, ColumnArray> => {
      const columns = segments.get(name);
      invariant(columns !== undefined, `A snapshot must have the segment ${name}.`);
      return columns;
    };
    const installations = segment('installations');
    this.manifest = manifest;
    this.strings = new StringTable(segment('strings'));
    this.names = new NameTable(segment('names'), this.strings);
    this.devices = new DeviceTable(
      segment('devices'),
      this.strings,
      installations.get('certificate') as Uint32Array,
    );
    this.certificates = new CertificateTable(
      segment('certificates'),
      segment('names'),
      this.strings,
      this.devices,
    );
    this.rbacGroups = new RbacGroupTable(segment('rbacGroups'), this.strings);
    this.installations = new InstallationTable(installations, this.strings, this);
    this.queries = createQueryState(limits);
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
    return new Snapshot(manifest, new Map(opened), limits);
  }

  /** A precomputed order, `<table>.<FIELD>`; `undefined` for the identity. */
  findOrder(name: string): { readonly rows: Uint32Array; readonly known: number } | undefined {
    const rows = this.#orders.get(name) as Uint32Array | undefined;
    return rows === undefined ? undefined : { rows, known: this.#orders.get(`${name}.known`)![0]! };
  }
}
