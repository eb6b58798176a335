import type { CertificatePart } from '../../src/snapshot/record.ts';

/** A certificate of which nothing is known but its thumbprint, which is the number. */
export function bareCertificate(number: number): CertificatePart {
  return {
    thumbprint: number.toString(16).padStart(40, '0').toUpperCase(),
    serialNumber: null,
    subject: null,
    issuer: null,
    subjectType: null,
    signatureAlgorithm: null,
    keySize: null,
    notBefore: null,
    notAfter: null,
    keyUsages: null,
    extendedKeyUsages: null,
  };
}
