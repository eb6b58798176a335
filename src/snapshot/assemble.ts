/**
 * From merged records to segments: rows in identity order, relations as offset arrays, texts as ids, orders
 * as permutations. Each `encode-*.ts` says what its columns mean.
 */

import { encodeAlgorithms } from './encode-algorithms.ts';
import { type CertificatePointers, encodeCertificates, readCertificates } from './encode-certificates.ts';
import { encodeDevices } from './encode-devices.ts';
import { encodeInstallations, type SortedInstallations } from './encode-installations.ts';
import { type EncodedUsageLists, encodeNames, encodeUsageLists, gatherNames } from './encode-names.ts';
import { encodeOrders } from './encode-orders.ts';
import { encodeStrings } from './encode-strings.ts';
import { type EncodedTable, mapIds, toColumns } from './encoded-table.ts';
import type { ColumnArray, EncodedSegments } from './format.ts';
import type { GatheredRecords } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { createSegmentCollector } from './segment-collector.ts';
import { StringTable } from './string-table.ts';

export interface AssembledSegments extends EncodedSegments {
  readonly counts: {
    readonly certificateCount: number;
    readonly deviceCount: number;
    readonly installationCount: number;
    readonly rbacGroupCount: number;
  };
}

/**
 * Encodes everything. Linear in installations, certificates and the bytes of the distinct texts. What it is given is
 * used up: memory is given back as soon as a segment holds what was in it, so that little is there twice.
 */
export function assembleSegments(
  gathered: GatheredRecords,
  merged: MergedRecords,
  sorted: SortedInstallations,
): AssembledSegments {
  const { texts } = gathered;
  const segments = createSegmentCollector();
  const { pointers, values } = readCertificates(merged.certificates, texts);
  gathered.certificates.clear();
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
  texts.clear();
  const stringTable = new StringTable(segments.add('strings', strings.columns));
  const names = encodeNames(gatheredNames, strings.idOfText, stringTable.length);
  const toNameRows = (column: Uint32Array): Uint32Array =>
    mapIds(mapIds(column, strings.idOfText), names.rowOfString);
  const algorithms = encodeAlgorithms(
    mapIds(pointers.signatureAlgorithm, strings.idOfText),
    stringTable.length,
  );
  const certificates = encodeCertificates(
    values,
    {
      ...pointers,
      signatureAlgorithm: algorithms.rows,
      subject: toNameRows(pointers.subject),
      issuer: toNameRows(pointers.issuer),
      keyUsages: mapIds(pointers.keyUsages, usages.keyUsages.rowOfList),
      extendedKeyUsages: mapIds(pointers.extendedKeyUsages, usages.extendedKeyUsages.rowOfList),
    },
    {
      signatureAlgorithm: algorithms.texts.length,
      keyUsages: usages.keyUsages.listCount,
      extendedKeyUsages: usages.extendedKeyUsages.listCount,
    },
    sorted,
  );
  const addTables = (name: string, ...tables: EncodedTable[]): ReadonlyMap<string, ColumnArray> =>
    segments.add(name, toColumns(tables, strings.idOfText));
  const tables = {
    strings: stringTable,
    names: segments.add(
      'names',
      new Map([
        ...names.columns,
        ['signatureAlgorithm.text', algorithms.texts],
        ...toColumns(usages.tables, strings.idOfText),
      ]),
    ),
    certificates: addTables('certificates', certificates),
    devices: addTables('devices', devices),
    rbacGroups: addTables('rbacGroups', rbacGroups),
    installations: addTables('installations', installations),
  };
  segments.add('orders', encodeOrders(tables));
  return {
    descriptors: segments.descriptors,
    buffers: segments.buffers,
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
