/** What a gateway must answer for each row of the truth, in the selections that the oracle test asks for. */

import type {
  TrueCertificate,
  TrueDevice,
  TrueGroup,
  TrueInstallation,
  TrueName,
} from './simulated-truth.ts';
import { toValidity } from './true-filter.ts';

export function toText(seconds: number): string;
export function toText(seconds: number | null): string | null;
export function toText(seconds: number | null): string | null {
  return seconds === null ? null : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function toCertificateAnswer(
  certificate: TrueCertificate,
  atSeconds: number,
): Record<string, unknown> {
  const { notBefore, notAfter, installations, devices, ...same } = certificate;
  return {
    __typename: 'Certificate',
    ...same,
    subject: toNameAnswer(same.subject),
    issuer: toNameAnswer(same.issuer),
    notBefore: toText(notBefore),
    notAfter: toText(notAfter),
    validity: toValidity(certificate, atSeconds),
    daysUntilExpiry: toDaysLeft(certificate, atSeconds),
    deviceCount: devices.length,
    installationCount: installations.length,
    installations: {
      totalCount: installations.length,
      nodes: installations.map(({ path, storeLocation, storeName, device: { deviceId } }) => ({
        path,
        storeLocation,
        storeName,
        device: { deviceId },
        certificate: { thumbprint: certificate.thumbprint },
      })),
    },
    devices: { totalCount: devices.length, nodes: devices.map(({ deviceId }) => ({ deviceId })) },
  };
}

function toNameAnswer(name: TrueName | null): TrueName | null {
  return name === null ? null : { ...name };
}

export function toDaysLeft({ notAfter }: TrueCertificate, atSeconds: number): number | null {
  return notAfter === null ? null : Math.floor((notAfter - atSeconds) / 86_400);
}

export function toDeviceAnswer({ deviceId, name, rbacGroup, installations, certificates }: TrueDevice) {
  return {
    __typename: 'Device',
    deviceId,
    name,
    rbacGroup: rbacGroup && { rbacGroupId: rbacGroup.rbacGroupId, name: rbacGroup.name },
    installationCount: installations.length,
    certificateCount: certificates.length,
    installations: {
      totalCount: installations.length,
      nodes: installations.map(({ path, certificate: { thumbprint } }) => ({
        path,
        certificate: { thumbprint },
        device: { deviceId },
      })),
    },
    certificates: {
      totalCount: certificates.length,
      nodes: certificates.map(({ thumbprint }) => ({ thumbprint })),
    },
  };
}

export function toInstallationAnswer({
  path,
  storeLocation,
  storeName,
  certificate,
  device,
}: TrueInstallation) {
  return {
    __typename: 'Installation',
    path,
    storeLocation,
    storeName,
    certificate: {
      thumbprint: certificate.thumbprint,
      subject: certificate.subject && { text: certificate.subject.text },
      notAfter: toText(certificate.notAfter),
    },
    device: {
      deviceId: device.deviceId,
      name: device.name,
      rbacGroup: device.rbacGroup && { name: device.rbacGroup.name },
    },
  };
}

export function toGroupAnswer({ rbacGroupId, name, devices, certificates, installationCount }: TrueGroup) {
  return {
    __typename: 'RbacGroup',
    rbacGroupId,
    name,
    deviceCount: devices.length,
    certificateCount: certificates.length,
    installationCount,
    devices: { totalCount: devices.length, nodes: devices.map(({ deviceId }) => ({ deviceId })) },
    certificates: {
      totalCount: certificates.length,
      nodes: certificates.map(({ thumbprint }) => ({ thumbprint })),
    },
  };
}
