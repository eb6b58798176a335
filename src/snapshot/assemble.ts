/**
 * From merged records to segments: rows in identity order, relations as offset arrays, texts as ids, orders
 * as permutations. Each `encode-*.ts` says what its columns mean.
 */

import { encodeCertificates } from './encode-certificates.ts';
import { encodeDevices } from './encode-devices.ts';
import { encodeInstallations, sortInstallations } from './encode-installations.ts';
import { encodeNames, encodeUsageLists } from './encode-names.ts';
import { encodeOrders } from './encode-orders.ts';
import { type EncodedTable, listTexts, toColumns } from './encoded-table.ts';
import { type EncodedSegments, encodeSegment, type SegmentDescriptor } from './format.ts';
import { CERTIFICATE, type GatheredRecords } from './ingest.ts';
import type { MergedRecords } from './merge.ts';
import { encodeStrings, StringTable } from './string-table.ts';

export interface AssembledSegments extends EncodedSegments {
  readonly counts: {
    readonly certificateCount: number;
    readonly deviceCount: number;
    readonly installationCount: number;
    readonly rbacGroupCount: number;
  };
}

/** Encodes everything. O(n log n) in the distinct texts and keys, linear in the installations. */
export function assembleSegments(gathered: GatheredRecords, merged: MergedRecords): AssembledSegments {
  const textOf = (id: number): string => gathered.texts.texts[id]!;
  const column = (name: keyof typeof CERTIFICATE): Float64Array =>
    merged.certificates.columns.get(CERTIFICATE[name])!;
  const parseList = <Element>(id: number): Element[] => JSON.parse(gathered.lists.texts[id]!) as Element[];

  const sorted = sortInstallations(gathered, merged);
  const names = encodeNames([column('subject'), column('issuer')], textOf);
  const keyUsages = encodeUsageLists('keyUsage', column('keyUsages'), (id) =>
    parseList<string>(id).map((name) => [null, name]),
  );
  const extendedKeyUsages = encodeUsageLists('extendedKeyUsage', column('extendedKeyUsages'), (id) =>
    parseList<[string | null, string]>(id),
  );
  const { devices, rbacGroups, rbacGroupCount } = encodeDevices(merged, sorted, textOf);
  const tables: [segment: string, tables: EncodedTable[]][] = [
    ['names', [names, keyUsages, extendedKeyUsages]],
    [
      'certificates',
      [
        encodeCertificates(merged.certificates, {
          names,
          keyUsages,
          extendedKeyUsages,
          installations: sorted,
          textOf,
        }),
      ],
    ],
    ['devices', [devices]],
    ['rbacGroups', [rbacGroups]],
    ['installations', [encodeInstallations(sorted, gathered)]],
  ];
  const strings = encodeStrings(listTexts(tables.flatMap(([, parts]) => parts)));
  const columns = new Map(
    tables.map(([segment, parts]) => [
      segment,
      new Map(parts.flatMap((part) => [...toColumns(part, strings.ids)])),
    ]),
  );
  const orders = encodeOrders({
    strings: new StringTable(strings.columns),
    names: columns.get('names')!,
    certificates: columns.get('certificates')!,
    devices: columns.get('devices')!,
    installations: columns.get('installations')!,
    thumbprints: Array.from(merged.certificates.identity, textOf),
  });

  const descriptors: SegmentDescriptor[] = [];
  const buffers = new Map<string, SharedArrayBuffer>();
  for (const [name, segment] of [
    ['strings', strings.columns] as const,
    ...columns,
    ['orders', orders] as const,
  ]) {
    const { descriptor, buffer } = encodeSegment(name, segment);
    descriptors.push(descriptor);
    buffers.set(name, buffer);
  }
  return {
    descriptors,
    buffers,
    counts: {
      certificateCount: merged.certificates.length,
      deviceCount: merged.devices.length,
      installationCount: sorted.length,
      rbacGroupCount,
    },
  };
}
