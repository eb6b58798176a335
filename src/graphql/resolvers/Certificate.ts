/** A certificate: a row of the certificate table. */

import { CERTIFICATES, DEVICES, openConnection } from '../connections.ts';
import type { CertificateResolvers } from '../generated/resolver-types.ts';
import { isStillAsked } from '../given-rows.ts';
import { encodeNodeId } from '../node-id.ts';
import { getNowSeconds, getSnapshot } from '../request-facts.ts';

export const Certificate: CertificateResolvers = {
  __isTypeOf: isStillAsked,
  id: ({ row }, _given, context) =>
    encodeNodeId(CERTIFICATES.kind, getSnapshot(context).certificates.thumbprint(row)),
  thumbprint: ({ row }, _given, context) => getSnapshot(context).certificates.thumbprint(row),
  serialNumber: ({ row }, _given, context) => getSnapshot(context).certificates.serialNumber(row),
  subject: ({ row }, _given, context) => toName(getSnapshot(context).certificates.subject(row)),
  issuer: ({ row }, _given, context) => toName(getSnapshot(context).certificates.issuer(row)),
  subjectType: ({ row }, _given, context) => getSnapshot(context).certificates.subjectType(row),
  isSelfSigned: ({ row }, _given, context) => getSnapshot(context).certificates.isSelfSigned(row),
  signatureAlgorithm: ({ row }, _given, context) => getSnapshot(context).certificates.signatureAlgorithm(row),
  keySize: ({ row }, _given, context) => getSnapshot(context).certificates.keySize(row),
  notBefore: ({ row }, _given, context) => getSnapshot(context).certificates.notBefore(row),
  notAfter: ({ row }, _given, context) => getSnapshot(context).certificates.notAfter(row),
  lifetimeDays: ({ row }, _given, context) => getSnapshot(context).certificates.lifetimeDays(row),
  keyUsages: ({ row }, _given, context) => getSnapshot(context).certificates.keyUsages(row),
  extendedKeyUsages: ({ row }, _given, context) => getSnapshot(context).certificates.extendedKeyUsages(row),
  validity: ({ row }, { at }, context) =>
    getSnapshot(context).certificates.validity(row, at ?? getNowSeconds(context)),
  daysUntilExpiry: ({ row }, { at }, context) =>
    getSnapshot(context).certificates.daysUntilExpiry(row, at ?? getNowSeconds(context)),
  deviceCount: ({ row }, _given, context) => getSnapshot(context).certificates.deviceCount(row),
  installationCount: ({ row }, _given, context) => getSnapshot(context).certificates.installationCount(row),
  installations: ({ row }, given, { loaders, argumentsOf }, info) =>
    loaders.certificateInstallations.load({ row, asked: argumentsOf.of(info, given) }),
  devices: ({ row }, given, context, info) =>
    openConnection(DEVICES, context, context.argumentsOf.of(info, given), {
      kind: 'certificate.devices',
      row,
    }),
};

function toName(name: number | null): { readonly name: number } | null {
  return name === null ? null : { name };
}
