/**
 * The orders other than identity, as permutations: `<table>.<FIELD>` u32[rows], rows ascending by key, ties
 * by row, rows without a key last; `<table>.<FIELD>.known` u32[1], how many have a key.
 */

import type { ColumnArray, UnsignedColumn } from './format.ts';
import { orderByPath } from './order-paths.ts';
import { orderByKey, type Permutation } from './orders.ts';
import { NONE, type StringTable } from './string-table.ts';

export type TableColumns = ReadonlyMap<string, ColumnArray>;

export interface OrderInputs {
  readonly strings: StringTable;
  readonly names: TableColumns;
  readonly certificates: TableColumns;
  readonly devices: TableColumns;
  readonly installations: TableColumns;
}

/** Every order of the contract that is not the identity. Linear in the rows. */
export function encodeOrders({
  strings,
  names,
  certificates,
  devices,
  installations,
}: OrderInputs): Map<string, ColumnArray> {
  const u32 = (columns: TableColumns, name: string): Uint32Array => columns.get(name) as Uint32Array;
  const narrow = (columns: TableColumns, name: string): UnsignedColumn => columns.get(name) as UnsignedColumn;
  const displayNames = toFoldKeys(u32(names, 'name.displayName'), strings);
  const notAfter = certificates.get('notAfter') as Float64Array;
  const certificateOfInstallation = u32(installations, 'certificate');

  const columns = new Map<string, ColumnArray>();
  const add = (name: string, { rows, known }: Permutation): void => {
    columns.set(name, rows);
    columns.set(`${name}.known`, Uint32Array.of(known));
  };
  const byNotAfter = orderByKey(notAfter);
  add('certificates.NOT_AFTER', byNotAfter);
  add('certificates.NOT_BEFORE', orderByKey(certificates.get('notBefore') as Float64Array));
  for (const [name, role] of [
    ['certificates.SUBJECT', 'subject'],
    ['certificates.ISSUER', 'issuer'],
  ] as const) {
    add(name, orderByKey(pick(displayNames, u32(certificates, role))));
  }
  const keySizes = new Float64Array(narrow(certificates, 'keySize'));
  add('certificates.KEY_SIZE', orderByKey(keySizes.map((bits) => (bits === 0 ? Number.NaN : bits))));
  add('certificates.DEVICE_COUNT', orderByKey(new Float64Array(narrow(certificates, 'deviceCount'))));
  add('certificates.INSTALLATION_COUNT', orderByKey(toLengths(u32(certificates, 'installationOffsets'))));
  add('devices.NAME', orderByKey(toFoldKeys(u32(devices, 'name'), strings)));
  add('devices.CERTIFICATE_COUNT', orderByKey(new Float64Array(u32(devices, 'certificateCount'))));
  add('devices.INSTALLATION_COUNT', orderByKey(toLengths(u32(devices, 'installationOffsets'))));
  add(
    'installations.NOT_AFTER',
    spreadOrder(byNotAfter, notAfter, {
      offsets: u32(certificates, 'installationOffsets'),
      rows: u32(certificates, 'installationRows'),
    }),
  );
  add('installations.PATH', {
    rows: orderByPath({
      certificate: certificateOfInstallation,
      path: narrow(installations, 'path'),
      byCertificate: u32(certificates, 'installationRows'),
      prefixes: Array.from(u32(installations, 'path.prefix'), (text) => strings.get(text)),
      tails: installations.get('path.tail') as Uint8Array,
      thumbprints: certificates.get('thumbprint') as Uint8Array,
    }),
    known: certificateOfInstallation.length,
  });
  return columns;
}

/**
 * The order of what certificates have by the key of the certificate: `offsets` and `rows` say which rows are whose,
 * ascending. Certificates of one key have their rows sorted together, since ties are by row.
 */
function spreadOrder(
  { rows: certificates, known }: Permutation,
  keys: Float64Array,
  { offsets, rows }: { readonly offsets: Uint32Array; readonly rows: Uint32Array },
): Permutation {
  const spread = new Uint32Array(rows.length);
  let end = 0;
  let knownRows = 0;
  for (let first = 0, next = 0; first < certificates.length; first = next) {
    const start = end;
    const key = keys[certificates[first]!]!;
    for (next = first; next < certificates.length && Object.is(keys[certificates[next]!], key); next += 1) {
      const certificate = certificates[next]!;
      for (let index = offsets[certificate]!; index < offsets[certificate + 1]!; index += 1, end += 1) {
        spread[end] = rows[index]!;
      }
    }
    if (next - first > 1) spread.subarray(start, end).sort();
    if (next <= known) knownRows = end;
  }
  return { rows: spread, known: knownRows };
}

/** Ids of folded texts ascend with the texts: they are keys. */
function toFoldKeys(texts: Uint32Array, strings: StringTable): Float64Array {
  const keys = new Float64Array(texts.length);
  for (let row = 0; row < keys.length; row += 1) {
    keys[row] = texts[row] === NONE ? Number.NaN : strings.foldOf(texts[row]!);
  }
  return keys;
}

/** The value at each row; `NaN` for {@link NONE}. */
function pick(values: Float64Array, rows: Uint32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    picked[index] = rows[index] === NONE ? Number.NaN : values[rows[index]!]!;
  }
  return picked;
}

/** Differences of an offset column. */
function toLengths(offsets: Uint32Array): Float64Array {
  const lengths = new Float64Array(offsets.length - 1);
  for (let row = 0; row < lengths.length; row += 1) lengths[row] = offsets[row + 1]! - offsets[row]!;
  return lengths;
}
