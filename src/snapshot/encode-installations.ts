/**
 * Installations: sorted by (device, certificate, path), each full key once.
 *
 *   device, certificate   u32, rows of their tables
 *   path                  u32, row of the distinct path entries
 *   path.prefix           text; the path without its thumbprint where it ends with it
 *   path.tail             u8, a `PATH_TAIL`
 *   path.storeLocation, path.storeName   texts, or none
 */

import type { EncodedTable } from './encoded-table.ts';
import { type GatheredRecords, joinPath, Uint32List } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { distribute } from './orders.ts';
import { compareText } from './text-order.ts';

/** Columns in row order; `path` still holds the gathered ids. */
export interface SortedInstallations {
  readonly length: number;
  readonly device: Uint32Array;
  readonly certificate: Uint32Array;
  readonly path: Uint32Array;
}

/** Sorts the records by their full key, in linear time, and keeps one of each. */
export function sortInstallations(gathered: GatheredRecords, merged: MergedRecords): SortedInstallations {
  const devices = toRows(gathered.recordDevice.toArray(), merged.devices.rowOfPart);
  const certificates = toRows(gathered.recordCertificate.toArray(), merged.certificates.rowOfPart);
  const paths = gathered.recordPath.toArray();
  const byCertificate = distribute(certificates, merged.certificates.length);
  const order = distribute(devices, merged.devices.length, byCertificate);

  const kept = new Uint32List();
  const pathText = (record: number): string => {
    const thumbprint = gathered.texts.texts[merged.certificates.identity[certificates[record]!]!]!;
    return joinPath(
      gathered.texts.texts[gathered.paths.at(paths[record]!, 0)]!,
      gathered.paths.at(paths[record]!, 1),
      thumbprint,
    );
  };
  for (let start = 0, end = 0; start < order.length; start = end) {
    const first = order[start]!;
    end = start + 1;
    while (end < order.length && isSamePair(devices, certificates, first, order[end]!)) end += 1;
    if (end === start + 1) kept.push(first);
    else for (const record of sortByPath(order.subarray(start, end), paths, pathText)) kept.push(record);
  }
  const records = kept.toArray();
  return {
    length: records.length,
    device: Uint32Array.from(records, (record) => devices[record]!),
    certificate: Uint32Array.from(records, (record) => certificates[record]!),
    path: Uint32Array.from(records, (record) => paths[record]!),
  };
}

function toRows(parts: Uint32Array, rowOfPart: Uint32Array): Uint32Array {
  const rows = new Uint32Array(parts.length);
  for (let record = 0; record < parts.length; record += 1) rows[record] = rowOfPart[parts[record]!]!;
  return rows;
}

function isSamePair(devices: Uint32Array, certificates: Uint32Array, a: number, b: number): boolean {
  return devices[a] === devices[b] && certificates[a] === certificates[b];
}

/** One record of each path, by path: a handful, the stores of one certificate on one device. */
function sortByPath(
  records: Uint32Array,
  paths: Uint32Array,
  pathText: (record: number) => string,
): number[] {
  const recordOfPath = new Map<number, number>();
  for (const record of records) recordOfPath.set(paths[record]!, record);
  return [...recordOfPath.values()].sort((a, b) => compareText(pathText(a), pathText(b)));
}

/** The table, with path entries sorted and numbered. */
export function encodeInstallations(
  sorted: SortedInstallations,
  { paths, texts }: GatheredRecords,
): EncodedTable {
  const prefixOf = (path: number): string => texts.texts[paths.at(path, 0)]!;
  const entries = [...new Set(sorted.path)].sort(
    (a, b) => compareText(prefixOf(a), prefixOf(b)) || paths.at(a, 1) - paths.at(b, 1),
  );
  const rowOfPath = new Map(entries.map((path, row) => [path, row]));
  const tails = Uint8Array.from(entries, (path) => paths.at(path, 1));
  const stores = entries.map((path) => parseStore(prefixOf(path)));
  return {
    columns: new Map<string, Uint32Array | Uint8Array>([
      ['device', sorted.device],
      ['certificate', sorted.certificate],
      ['path', Uint32Array.from(sorted.path, (path) => rowOfPath.get(path)!)],
      ['path.tail', tails],
    ]),
    textColumns: new Map([
      ['path.prefix', entries.map(prefixOf)],
      ['path.storeLocation', stores.map((store) => store.location)],
      ['path.storeName', stores.map((store) => store.name)],
    ]),
  };
}

/** Splits `location\\store\\thumbprint` at its first and last backslash; a part that is not there is `null`. */
function parseStore(prefix: string): { location: string | null; name: string | null } {
  const first = prefix.indexOf('\\');
  const last = prefix.lastIndexOf('\\');
  return {
    location: first > 0 ? prefix.slice(0, first) : null,
    name: last > first + 1 ? prefix.slice(first + 1, last) : null,
  };
}
