/**
 * The query engine alone, over a million installations: filtered pages of 50 rows, compared with a scan of the
 * same rows as plain objects.
 */

import { createHash } from 'node:crypto';
import { SnapshotBuilder } from '../src/snapshot/builder.ts';
import {
  type Page,
  selectCertificates,
  selectDevices,
  selectInstallations,
} from '../src/snapshot/connection.ts';
import type { CertificatePart } from '../src/snapshot/record.ts';
import { Snapshot } from '../src/snapshot/snapshot.ts';

const DEVICES = 10_000;
const ROOTS = 90;
const LEAVES_PER_DEVICE = 10;
const NOW = 1_800_000_000;
const PAGE = { direction: 'ASC', first: 50 } as const;
const MEASURE_MS = 1_000;

export async function runEngineBenchmark(write: (line: string) => void): Promise<void> {
  const { snapshot, certificates, rootThumbprint } = buildFleet();
  write(
    `\n## engine: ${snapshot.installations.length.toLocaleString('en')} installations, ${snapshot.certificates.length.toLocaleString('en')} certificates`,
  );

  const soon = (): Page =>
    selectCertificates(snapshot, {
      filter: {
        kind: 'all',
        filters: [
          {
            kind: 'number',
            column: 'notAfter',
            test: { kind: 'range', minimum: NOW, maximum: NOW + 30 * 86_400 },
          },
          { kind: 'subjectType', values: ['END_ENTITY'] },
        ],
      },
      page: { field: 'NOT_AFTER', ...PAGE },
    });
  const soonByScan = (): string[] =>
    certificates
      .filter(
        ({ notAfter, subjectType }) =>
          notAfter! >= NOW && notAfter! <= NOW + 30 * 86_400 && subjectType === 'END_ENTITY',
      )
      .sort((a, b) => a.notAfter! - b.notAfter! || (a.thumbprint < b.thumbprint ? -1 : 1))
      .slice(0, 50)
      .map(({ thumbprint }) => thumbprint);
  const found = soon().rows.map((row) => snapshot.certificates.thumbprint(row));
  if (JSON.stringify(found) !== JSON.stringify(soonByScan()))
    throw new Error('The engine and the scan disagree.');

  const us = time(soon);
  const peer = time(soonByScan);
  write(`expiring in 30 days, by date: us         ${us.toFixed(3)} ms`);
  write(`expiring in 30 days, by date: plain scan ${peer.toFixed(3)} ms  (${(peer / us).toFixed(0)} × us)`);
  const pages: Readonly<Record<string, () => Page>> = {
    'installations of a store, by expiry': () =>
      selectInstallations(snapshot, {
        filter: { kind: 'text', column: 'storeName', test: { kind: 'in', values: ['my'] } },
        page: { field: 'NOT_AFTER', ...PAGE },
      }),
    'devices lacking a root, by name': () =>
      selectDevices(snapshot, {
        filter: {
          kind: 'installations',
          quantifier: 'none',
          filter: {
            kind: 'certificate',
            filter: {
              kind: 'text',
              column: 'thumbprint',
              test: { kind: 'in', values: [rootThumbprint.toLowerCase()] },
            },
          },
        },
        page: { field: 'NAME', ...PAGE },
      }),
    'installations of one root on all devices': () =>
      selectInstallations(snapshot, {
        within: snapshot.certificates.installationRows(snapshot.certificates.findRow(rootThumbprint)!),
        page: { field: 'DEVICE_ID', ...PAGE },
      }),
  };
  for (const [name, page] of Object.entries(pages)) write(`${name.padEnd(41)}${time(page).toFixed(3)} ms`);
}

function buildFleet(): { snapshot: Snapshot; certificates: CertificatePart[]; rootThumbprint: string } {
  const builder = new SnapshotBuilder();
  const certificates: CertificatePart[] = [];
  const add = (
    name: string,
    subjectType: CertificatePart['subjectType'],
  ): { handle: number; thumbprint: string } => {
    const part = createCertificate(name, subjectType);
    certificates.push(part);
    return { handle: builder.internCertificate(part), thumbprint: part.thumbprint };
  };
  const roots = Array.from({ length: ROOTS }, (_, index) => add(`root ${index}`, 'CERTIFICATE_AUTHORITY'));
  for (let index = 0; index < DEVICES; index += 1) {
    const device = builder.internDevice({
      deviceId: digest(`device ${index}`).toLowerCase(),
      name: `pc-${index}.corp.example`,
      rbacGroupId: String(index % 17),
      rbacGroupName: `Group ${index % 17}`,
    });
    for (const [place, { handle, thumbprint }] of roots.entries()) {
      if (place === index % 1_000) continue;
      const path = builder.internPath(`LocalMachine\\Root\\${thumbprint}`, thumbprint);
      builder.addRecord(device, handle, path);
    }
    for (let leaf = 0; leaf < LEAVES_PER_DEVICE; leaf += 1) {
      const { handle, thumbprint } = add(`device ${index} leaf ${leaf}`, 'END_ENTITY');
      const path = builder.internPath(`LocalMachine\\My\\${thumbprint}`, thumbprint);
      builder.addRecord(device, handle, path);
    }
  }
  const snapshot = Snapshot.open(
    builder.build({
      tenantId: 'bench',
      apiUrl: 'bench',
      revision: 1,
      source: 'EXPORT',
      generatedAtMs: null,
      publishedAtMs: 0,
    }),
  );
  return { snapshot, certificates, rootThumbprint: roots[5]!.thumbprint };
}

function createCertificate(name: string, subjectType: CertificatePart['subjectType']): CertificatePart {
  const thumbprint = digest(name);
  return {
    thumbprint,
    serialNumber: digest(`serial of ${name}`).slice(0, 32),
    subject: `CN=${name}.corp.example,O=Contoso,C=DE`,
    issuer: 'CN=Contoso Issuing CA,O=Contoso,C=DE',
    subjectType,
    signatureAlgorithm: 'sha256RSA',
    keySize: 2048,
    notBefore: NOW - 300 * 86_400,
    notAfter: NOW - 100 * 86_400 + (Number.parseInt(thumbprint.slice(0, 6), 16) % (400 * 86_400)),
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: [{ oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' }],
  };
}

const digest = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase();

/** Mean milliseconds of a call, over about a second, after warming up. */
function time(work: () => unknown): number {
  for (let index = 0; index < 5; index += 1) work();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < MEASURE_MS) {
    work();
    count += 1;
  }
  return (performance.now() - start) / count;
}
