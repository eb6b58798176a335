/**
 * From merged records to segments: rows in identity order, relations as offset arrays, texts as ids, orders
 * as permutations. Each `encode-*.ts` says what its columns mean.
 */

import { type CertificatePointers, encodeCertificates, readCertificates } from './encode-certificates.ts';
import { encodeDevices } from './encode-devices.ts';
import { encodeInstallations, type SortedInstallations } from './encode-installations.ts';
import { type EncodedUsageLists, encodeNames, encodeUsageLists, gatherNames } from './encode-names.ts';
import { encodeOrders } from './encode-orders.ts';
import { encodeStrings } from './encode-strings.ts';
import { mapIds, toColumns } from './encoded-table.ts';
import { type ColumnArray, type EncodedSegments, encodeSegment, type SegmentDescriptor } from './format.ts';
import type { GatheredRecords } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { StringTable } from './string-table.ts';

export interface AssembledSegments extends EncodedSegments {
  readonly counts: {
    readonly certificateCount: number;
    readonly deviceCount: number;
    readonly installationCount: number;
    readonly rbacGroupCount: number;
  };
}

/** Encodes everything. Linear in installations, certificates and the bytes of the distinct texts. */
export function assembleSegments(
  gathered: GatheredRecords,
  merged: MergedRecords,
  sorted: SortedInstallations,
): AssembledSegments {
  const { texts } = gathered;
  const { pointers, values } = readCertificates(merged.certificates, texts);
  const gatheredNames = gatherNames(texts, [pointers.subject, pointers.issuer]);
  const usages = encodeUsages(gathered, pointers);
  const { devices, rbacGroups, rbacGroupCount } = encodeDevices(merged, sorted);
  const installations = encodeInstallations(sorted, gathered);
  const strings = encodeStrings(texts, [
    pointers.serialNumber,
    pointers.serialKey,
    pointers.signatureAlgorithm,
    ...gatheredNames.values(),
    ...[...usages.tables, devices, rbacGroups, installations].flatMap((table) => [
      ...table.textColumns.values(),
    ]),
  ]);
  const stringTable = new StringTable(strings.columns);
  const names = encodeNames(gatheredNames, strings.idOfText, stringTable.length);
  const toNameRows = (column: Uint32Array): Uint32Array =>
    mapIds(mapIds(column, strings.idOfText), names.rowOfString);
  const certificates = encodeCertificates(
    values,
    {
      ...pointers,
      subject: toNameRows(pointers.subject),
      issuer: toNameRows(pointers.issuer),
      keyUsages: mapIds(pointers.keyUsages, usages.keyUsages.rowOfList),
      extendedKeyUsages: mapIds(pointers.extendedKeyUsages, usages.extendedKeyUsages.rowOfList),
    },
    sorted,
  );

  const columns = new Map<string, ReadonlyMap<string, ColumnArray>>([
    ['strings', strings.columns],
    ['names', new Map([...names.columns, ...toColumns(usages.tables, strings.idOfText)])],
    ['certificates', toColumns([certificates], strings.idOfText)],
    ['devices', toColumns([devices], strings.idOfText)],
    ['rbacGroups', toColumns([rbacGroups], strings.idOfText)],
    ['installations', toColumns([installations], strings.idOfText)],
  ]);
  const orders = encodeOrders({
    strings: stringTable,
    names: columns.get('names')!,
    certificates: columns.get('certificates')!,
    devices: columns.get('devices')!,
    installations: columns.get('installations')!,
  });
  columns.set('orders', orders);

  const descriptors: SegmentDescriptor[] = [];
  const buffers = new Map<string, SharedArrayBuffer>();
  for (const [name, segment] of columns) {
    const { descriptor, buffer } = encodeSegment(name, segment);
    descriptors.push(descriptor);
    buffers.set(name, buffer);
  }
  return {
    descriptors,
    buffers,
    counts: {
      certificateCount: merged.certificates.partOfRow.length,
      deviceCount: merged.devices.partOfRow.length,
      installationCount: sorted.length,
      rbacGroupCount,
    },
  };
}

interface EncodedUsages {
  readonly keyUsages: EncodedUsageLists;
  readonly extendedKeyUsages: EncodedUsageLists;
  readonly tables: readonly EncodedUsageLists[];
}

/** Both kinds of usage lists: a key usage is its name, an extended one (oid, name). */
function encodeUsages({ texts, lists }: GatheredRecords, pointers: CertificatePointers): EncodedUsages {
  const keyUsages = encodeUsageLists({
    prefix: 'keyUsage',
    column: pointers.keyUsages,
    lists,
    texts,
    toUsages: (json) => (JSON.parse(json) as string[]).map((name) => [null, name]),
  });
  const extendedKeyUsages = encodeUsageLists({
    prefix: 'extendedKeyUsage',
    column: pointers.extendedKeyUsages,
    lists,
    texts,
    toUsages: (json) => JSON.parse(json) as [string | null, string][],
  });
  return { keyUsages, extendedKeyUsages, tables: [keyUsages, extendedKeyUsages] };
}
