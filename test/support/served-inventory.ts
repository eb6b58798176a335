/**
 * The real graph over HTTP, on a snapshot of a handful of records that has something for each example of
 * the playground. No upstream: the refresher is one that says it is idle.
 */

import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_SECONDS, MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import { createServer } from '../../src/graphql/create-server.ts';
import type { RefreshPort } from '../../src/graphql/refresh-port.ts';
import { toSnapshotExtension } from '../../src/graphql/snapshot-extension.ts';
import type { CertificatePart, DevicePart } from '../../src/snapshot/record.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { type GraphServer, startGraphServer } from './graph-server.ts';
import { SCHEMA_TEXT } from './graphql-harness.ts';
import { FACTS, type InventoryRecord, openRecords } from './inventories.ts';

export const EXPIRING_THUMBPRINT = 'E0'.repeat(20);
export const EXPIRING_SUBJECT = 'vpn.contoso.example';
export const DEVICE_NAME = 'ws-0001.contoso.example';

/** Serves the records, or, with `records: null`, a gateway that has never had a snapshot. */
export async function serveInventory(
  records: readonly InventoryRecord[] | null = toRecords(Date.now()),
): Promise<GraphServer> {
  const snapshot = records === null ? null : openRecords(records);
  const graphql = createServer({ typeDefs: SCHEMA_TEXT, log: silentLogger });
  return startGraphServer({
    ...graphql,
    services: { clock: systemClock, findSnapshot: () => snapshot, refresh: IDLE_REFRESH },
    http: {
      findSnapshot: () => (snapshot === null ? null : toServed(snapshot)),
      maximumCost: DEFAULT_OPERATION_LIMITS.maximumCost,
      playground: true,
      loopbackHostsOnly: true,
    },
  });
}

const toServed = ({ manifest }: Snapshot) => ({
  extension: toSnapshotExtension(manifest),
  expiresAtMs: null,
});

const IDLE_REFRESH: RefreshPort = {
  status: () => ({
    phase: 'IDLE',
    currentRun: null,
    lastRun: null,
    lastSuccessAtMs: FACTS.publishedAtMs,
    lastFailure: null,
    nextRunAtMs: null,
    budgets: [],
  }),
  requestRefresh: () => ({ kind: 'rateLimited', retryAtMs: Date.now() + MINUTE_MS, reason: 'COOLDOWN' }),
};

const WORKSTATION: DevicePart = {
  deviceId: 'a1'.repeat(20),
  name: DEVICE_NAME,
  rbacGroupId: '12',
  rbacGroupName: 'Workstations',
};
const SERVER: DevicePart = {
  deviceId: 'b2'.repeat(20),
  name: 'srv-0001',
  rbacGroupId: '0',
  rbacGroupName: 'Unassigned',
};

function toRecords(nowMs: number): readonly InventoryRecord[] {
  const now = Math.floor(nowMs / SECOND_MS);
  const leaf: CertificatePart = {
    thumbprint: EXPIRING_THUMBPRINT,
    serialNumber: '01',
    subject: `CN=${EXPIRING_SUBJECT}`,
    issuer: 'CN=Contoso Issuing CA 1',
    subjectType: 'END_ENTITY',
    signatureAlgorithm: 'sha256RSA',
    keySize: 2048,
    notBefore: now - 300 * DAY_SECONDS,
    notAfter: now + 10 * DAY_SECONDS,
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: [
      { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
      { oid: '1.3.6.1.5.5.7.3.2', name: 'Client Authentication' },
    ],
  };
  const selfSigned = (name: string) => ({ subject: `CN=${name}`, issuer: `CN=${name}` });
  const certificates: readonly (readonly [CertificatePart, store: string, DevicePart])[] = [
    [leaf, 'My', WORKSTATION],
    [leaf, 'WebHosting', SERVER],
    [{ ...leaf, thumbprint: 'E1'.repeat(20), signatureAlgorithm: 'sha1RSA', keySize: 1024 }, 'My', SERVER],
    [{ ...leaf, thumbprint: 'E2'.repeat(20), ...selfSigned('dev.local') }, 'My', SERVER],
    [{ ...leaf, thumbprint: 'E3'.repeat(20), notBefore: now + DAY_SECONDS }, 'My', WORKSTATION],
    [{ ...leaf, thumbprint: 'E4'.repeat(20), notAfter: now - DAY_SECONDS }, 'My', WORKSTATION],
    [{ ...leaf, thumbprint: 'E5'.repeat(20), keySize: null, subject: null, issuer: null }, 'My', SERVER],
    [{ ...leaf, thumbprint: 'E6'.repeat(20), subjectType: 'CERTIFICATE_AUTHORITY' }, 'Root', SERVER],
    [
      { ...leaf, thumbprint: 'C864484869D41D2B0D32319C5A62F9315AAF2CBD', ...selfSigned('Superfish, Inc.') },
      'Root',
      WORKSTATION,
    ],
    [
      {
        ...leaf,
        ...selfSigned('DigiCert Global Root G2'),
        thumbprint: 'DF3C24F9BFD666761B268073FE06D1CC8D4F82A4',
        subjectType: 'CERTIFICATE_AUTHORITY',
      },
      'AuthRoot',
      WORKSTATION,
    ],
  ];
  return certificates.map(([certificate, store, device]) => ({
    device,
    certificate,
    path: `LocalMachine\\${store}\\${certificate.thumbprint}`,
  }));
}
