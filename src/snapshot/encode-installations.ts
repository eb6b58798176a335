/**
 * Installations: sorted by (device, certificate, path), each full key once.
 *
 *   certificate           u32, row of its table; the device follows from where the installations of each start
 *   path                  row of the distinct path entries, u8, u16 or u32 as their number asks for
 *   path.prefix           text; the path without its thumbprint where it ends with it
 *   path.tail             u8, a `PATH_TAIL`
 *   path.storeLocation, path.storeName   texts, or none
 */

import { releaseMemory } from '../core/memory.ts';
import type { EncodedTable } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { type GatheredRecords, PATH, PATH_TAIL } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { narrow } from './narrow.ts';
import { countOffsets, distribute, listMarked } from './orders.ts';
import { type ComparePaths, createPathOrder } from './path-order.ts';
import type { RecordColumns } from './record-list.ts';
import { NONE } from './string-table.ts';
import { placeFolds, sortTexts } from './text-sort.ts';

const TAILS = Object.keys(PATH_TAIL).length;

/** Columns in row order; `path` still holds the gathered ids. */
export interface SortedInstallations {
  readonly length: number;
  readonly certificate: Uint32Array;
  readonly path: Uint32Array;
  /** Where the installations of each device start: devices + 1 entries. */
  readonly deviceOffsets: Uint32Array;
}

/** Sorts the records by their full key, in linear time, and keeps one of each. The records are used up. */
export function sortInstallations(
  gathered: GatheredRecords,
  { devices, certificates }: MergedRecords,
  records: RecordColumns,
): SortedInstallations {
  const comparePaths = createPathOrder(gathered);
  toRows(records.device, devices.rowOfPart);
  toRows(records.certificate, certificates.rowOfPart);
  const byCertificate = distribute(records.certificate, certificates.partOfRow.length);
  const order = distribute(records.device, devices.partOfRow.length, byCertificate);
  releaseMemory(byCertificate);
  const sorted = {
    device: gather(records.device, order),
    certificate: gather(records.certificate, order),
    path: gather(records.path, order),
  };
  releaseMemory(order);
  const length = keepDistinct(sorted, certificates.partOfRow, comparePaths);
  const deviceOffsets = countOffsets(cut(sorted.device, length), devices.partOfRow.length);
  releaseMemory(sorted.device);
  return {
    length,
    certificate: cut(sorted.certificate, length),
    path: cut(sorted.path, length),
    deviceOffsets,
  };
}

/** Parts become rows, in place. */
function toRows(parts: Uint32Array, rowOfPart: Uint32Array): void {
  for (let record = 0; record < parts.length; record += 1) parts[record] = rowOfPart[parts[record]!]!;
}

/** The values in an order; the values given are used up. */
function gather(values: Uint32Array<ArrayBuffer>, order: Uint32Array): Uint32Array<ArrayBuffer> {
  const gathered = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index += 1) gathered[index] = values[order[index]!]!;
  releaseMemory(values);
  return gathered;
}

/** The first values; nothing is copied unless some are left out. */
function cut(values: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  return values.subarray(0, length);
}

/** Moves one of each full key to the front, by path within a pair of device and certificate; says how many. */
function keepDistinct(
  { device, certificate, path }: RecordColumns,
  partOfCertificate: Uint32Array,
  comparePaths: ComparePaths,
): number {
  let length = 0;
  for (let start = 0, end = 0; start < device.length; start = end) {
    const ownDevice = device[start]!;
    const ownCertificate = certificate[start]!;
    end = start + 1;
    while (end < device.length && device[end] === ownDevice && certificate[end] === ownCertificate) end += 1;
    const part = partOfCertificate[ownCertificate]!;
    const kept = end - start === 1 ? 1 : sortPair(path.subarray(start, end), part, comparePaths);
    for (let index = 0; index < kept; index += 1, length += 1) {
      device[length] = ownDevice;
      certificate[length] = ownCertificate;
      path[length] = path[start + index]!;
    }
  }
  return length;
}

/** Puts the distinct paths of one certificate on one device in order: a handful, its stores. Says how many. */
function sortPair(paths: Uint32Array, part: number, comparePaths: ComparePaths): number {
  const [first, second] = [paths[0]!, paths[1]!];
  if (paths.length === 2) {
    if (first === second) return 1;
    if (comparePaths(first, part, second, part) > 0) paths.set([second, first]);
    return 2;
  }
  const distinct = [...new Set(paths)].sort((a, b) => comparePaths(a, part, b, part));
  paths.set(distinct);
  return distinct.length;
}

/** The table, with path entries sorted and numbered; the paths gathered are used up. Linear in the installations. */
export function encodeInstallations(
  sorted: SortedInstallations,
  { paths, texts }: GatheredRecords,
): EncodedTable {
  const isUsed = new Uint8Array(paths.length);
  for (let row = 0; row < sorted.length; row += 1) isUsed[sorted.path[row]!] = 1;
  const entries = sortEntries(isUsed, { paths, texts });
  const rowOfPath = new Uint32Array(paths.length);
  for (let row = 0; row < entries.length; row += 1) rowOfPath[entries[row]!] = row;
  const { path } = sorted;
  for (let row = 0; row < sorted.length; row += 1) path[row] = rowOfPath[path[row]!]!;
  const prefix = entries.map((entry) => paths.at(entry, PATH.prefix));
  const storeLocation = new Uint32Array(entries.length);
  const storeName = new Uint32Array(entries.length);
  for (let row = 0; row < entries.length; row += 1) {
    const { location, name } = parseStore(texts.get(prefix[row]!));
    storeLocation[row] = location === null ? NONE : texts.intern(location);
    storeName[row] = name === null ? NONE : texts.intern(name);
  }
  return {
    columns: new Map<string, ColumnArray>([
      ['certificate', sorted.certificate],
      ['path', narrow(path, entries.length)],
      ['path.tail', Uint8Array.from(entries, (entry) => paths.at(entry, PATH.tail))],
    ]),
    textColumns: new Map([
      ['path.prefix', prefix],
      ['path.storeLocation', storeLocation],
      ['path.storeName', storeName],
    ]),
  };
}

/** The used entries by (prefix in text order, tail). */
function sortEntries(
  isUsed: Uint8Array,
  { paths, texts }: Pick<GatheredRecords, 'paths' | 'texts'>,
): Uint32Array {
  const entries = listMarked(isUsed);
  const isPrefix = new Uint8Array(texts.length);
  for (let index = 0; index < entries.length; index += 1)
    isPrefix[paths.at(entries[index]!, PATH.prefix)] = 1;
  const prefixes = listMarked(isPrefix);
  const order = sortTexts(texts, prefixes, placeFolds(texts, prefixes));
  const rankOfText = new Uint32Array(isPrefix.length);
  for (let rank = 0; rank < order.length; rank += 1) rankOfText[prefixes[order[rank]!]!] = rank;
  const buckets = entries.map(
    (entry) => rankOfText[paths.at(entry, PATH.prefix)]! * TAILS + paths.at(entry, PATH.tail),
  );
  return distribute(buckets, prefixes.length * TAILS).map((index) => entries[index]!);
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
