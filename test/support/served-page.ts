/** A page of everything that a gateway serves, as it is and as it must be: totals, first rows, in default order. */

import type { GraphqlClient } from './gateway.ts';
import type { TrueInventory } from './simulated-truth.ts';
import { toText } from './true-answers.ts';

const ROWS = 12;

const QUERY = `{
  certificates(first: ${ROWS}) {
    totalCount
    nodes { thumbprint serialNumber notAfter subject { text } deviceCount installationCount }
  }
  devices(first: ${ROWS}) { totalCount nodes { deviceId name installationCount certificateCount } }
  installations(first: ${ROWS}) { totalCount nodes { path certificate { thumbprint } device { deviceId } } }
}`;

export interface ServedPage {
  /** Of the snapshot that has answered. */
  readonly revision: number;
  readonly page: unknown;
}

/** Throws when the query fails in any way. */
export async function readPage(client: GraphqlClient): Promise<ServedPage> {
  const { status, body } = await client.post(QUERY);
  if (status !== 200 || body.errors !== undefined || body.extensions.snapshot === null) {
    throw new Error(`A query failed with ${status}: ${JSON.stringify(body.errors)}`);
  }
  return { revision: body.extensions.snapshot.revision as number, page: body.data };
}

/** What must be answered where this is the truth. */
export function toPage({ certificates, devices, installations }: TrueInventory): unknown {
  return {
    certificates: {
      totalCount: certificates.length,
      nodes: certificates.slice(0, ROWS).map((certificate) => ({
        thumbprint: certificate.thumbprint,
        serialNumber: certificate.serialNumber,
        notAfter: toText(certificate.notAfter),
        subject: certificate.subject && { text: certificate.subject.text },
        deviceCount: certificate.devices.length,
        installationCount: certificate.installations.length,
      })),
    },
    devices: {
      totalCount: devices.length,
      nodes: devices.slice(0, ROWS).map(({ deviceId, name, installations: own, certificates: held }) => ({
        deviceId,
        name,
        installationCount: own.length,
        certificateCount: held.length,
      })),
    },
    installations: {
      totalCount: installations.length,
      nodes: installations.slice(0, ROWS).map(({ path, certificate, device }) => ({
        path,
        certificate: { thumbprint: certificate.thumbprint },
        device: { deviceId: device.deviceId },
      })),
    },
  };
}
