/**
 * The orders other than identity, as permutations: `<table>.<FIELD>` u32[rows], rows ascending by key, ties
 * by row, rows without a key last; `<table>.<FIELD>.known` u32[1], how many have a key.
 */

import type { ColumnArray } from './format.ts';
import { orderByKey } from './orders.ts';
import { rankPaths } from './rank-paths.ts';
import { NONE, type StringTable } from './string-table.ts';

export type TableColumns = ReadonlyMap<string, ColumnArray>;

export interface OrderInputs {
  readonly strings: StringTable;
  readonly names: TableColumns;
  readonly certificates: TableColumns;
  readonly devices: TableColumns;
  readonly installations: TableColumns;
  /** Upper-case hex by certificate row. */
  readonly thumbprints: readonly string[];
}

/** Every order of the contract that is not the identity. */
export function encodeOrders(inputs: OrderInputs): Map<string, ColumnArray> {
  const { strings, names, certificates, devices, installations } = inputs;
  const u32 = (columns: TableColumns, name: string): Uint32Array => columns.get(name) as Uint32Array;
  const foldKeys = (texts: Uint32Array): Float64Array =>
    Float64Array.from(texts, (text) => (text === NONE ? Number.NaN : strings.foldOf(text)));
  const nameKeys = (role: 'subject' | 'issuer'): Float64Array => {
    const displayNames = foldKeys(u32(names, 'name.displayName'));
    return Float64Array.from(u32(certificates, role), (name) =>
      name === NONE ? Number.NaN : displayNames[name]!,
    );
  };
  const notAfter = certificates.get('notAfter') as Float64Array;

  const columns = new Map<string, ColumnArray>();
  const add = (name: string, keys: Float64Array): void => {
    const { rows, known } = orderByKey(keys);
    columns.set(name, rows);
    columns.set(`${name}.known`, Uint32Array.of(known));
  };
  add('certificates.NOT_AFTER', notAfter);
  add('certificates.NOT_BEFORE', certificates.get('notBefore') as Float64Array);
  add('certificates.SUBJECT', nameKeys('subject'));
  add('certificates.ISSUER', nameKeys('issuer'));
  add(
    'certificates.KEY_SIZE',
    Float64Array.from(certificates.get('keySize') as Int32Array, (bits) => (bits === 0 ? Number.NaN : bits)),
  );
  add('certificates.DEVICE_COUNT', Float64Array.from(u32(certificates, 'deviceCount')));
  add('certificates.INSTALLATION_COUNT', toLengths(u32(certificates, 'installationOffsets')));
  add('devices.NAME', foldKeys(u32(devices, 'name')));
  add('devices.CERTIFICATE_COUNT', Float64Array.from(u32(devices, 'certificateCount')));
  add('devices.INSTALLATION_COUNT', toLengths(u32(devices, 'installationOffsets')));
  add('installations.NOT_AFTER', gather(notAfter, u32(installations, 'certificate')));
  add(
    'installations.PATH',
    rankPaths({
      certificate: u32(installations, 'certificate'),
      path: u32(installations, 'path'),
      prefixes: Array.from(u32(installations, 'path.prefix'), (text) => strings.get(text)),
      tails: installations.get('path.tail') as Uint8Array,
      thumbprints: inputs.thumbprints,
    }),
  );
  return columns;
}

/** Differences of an offset column. */
function toLengths(offsets: Uint32Array): Float64Array {
  const lengths = new Float64Array(offsets.length - 1);
  for (let row = 0; row < lengths.length; row += 1) lengths[row] = offsets[row + 1]! - offsets[row]!;
  return lengths;
}

/** The value at each row; plain loop, for `from` with a callback is several times slower over ten million. */
function gather(values: Float64Array, rows: Uint32Array): Float64Array {
  const gathered = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index += 1) gathered[index] = values[rows[index]!]!;
  return gathered;
}
