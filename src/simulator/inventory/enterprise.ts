/**
 * The simulated enterprise's own PKI: a root, two issuing authorities and a code-signing certificate, really
 * minted; and machine certificates on demand.
 */

import type { X509Certificate } from 'node:crypto';
import { createMintingKey, type MintingKey, mintCertificate } from './minting.ts';
import { readCertificate } from './public-roots.ts';
import { mixHex } from './random.ts';
import { ENTERPRISE_ROOT_KEY, LEAF_KEY, MACHINE_ISSUER_KEY, WEB_ISSUER_KEY } from './test-keys.ts';
import { type CertificateFacts, createName, type SimulatedName } from './truth.ts';

export const DAY_SECONDS = 86_400;

export interface Enterprise {
  readonly root: CertificateFacts;
  readonly machineIssuer: CertificateFacts;
  readonly webIssuer: CertificateFacts;
  readonly codeSigning: CertificateFacts;
  /** The minted authorities and the code-signing certificate, as certificates. */
  readonly certificates: readonly X509Certificate[];
  /** Mints the machine certificate whose facts are given; the thumbprint becomes the true one. */
  mintMachineCertificate(facts: CertificateFacts): CertificateFacts;
}

export const ENTERPRISE_NAME = 'Northwind Traders';

/** Mints the authorities, with dates relative to `startDaySeconds` (epoch seconds of a UTC midnight). */
export function createEnterprise(seed: number, startDaySeconds: number): Enterprise {
  const keys = {
    root: createMintingKey(ENTERPRISE_ROOT_KEY),
    machines: createMintingKey(MACHINE_ISSUER_KEY),
    web: createMintingKey(WEB_ISSUER_KEY),
    leaf: createMintingKey(LEAF_KEY),
  };
  const rootName = toEnterpriseName('Northwind Traders Root CA');
  const mint = (
    order: number,
    subject: SimulatedName,
    subjectKey: MintingKey,
    days: readonly [from: number, to: number],
    extendedKeyUsages?: readonly string[],
  ): X509Certificate =>
    mintCertificate({
      subject,
      subjectKey,
      issuer: rootName,
      issuerKey: keys.root,
      serialNumber: toSerialNumber(seed, order),
      notBefore: startDaySeconds + days[0] * DAY_SECONDS,
      notAfter: startDaySeconds + days[1] * DAY_SECONDS,
      isAuthority: extendedKeyUsages === undefined,
      keyUsages: extendedKeyUsages === undefined ? AUTHORITY_USAGES : ['digitalSignature'],
      extendedKeyUsages: extendedKeyUsages ?? [],
    });
  const certificates = [
    mint(1, rootName, keys.root, [-2920, 4380]),
    mint(2, toEnterpriseName('Northwind Traders Machine Issuing CA 1'), keys.machines, [-1095, 2555]),
    mint(3, toEnterpriseName('Northwind Traders Web Issuing CA 2'), keys.web, [-730, 2920]),
    mint(4, toEnterpriseName('Northwind Traders Script Signing'), keys.leaf, [-200, 165], [CODE_SIGNING]),
  ] as const;
  const [root, machineIssuer, webIssuer, codeSigning] = [
    readCertificate(certificates[0]),
    readCertificate(certificates[1]),
    readCertificate(certificates[2]),
    readCertificate(certificates[3]),
  ];
  return {
    root,
    machineIssuer,
    webIssuer,
    codeSigning,
    certificates,
    mintMachineCertificate: (facts) =>
      readCertificate(
        mintCertificate({
          subject: facts.subject!,
          subjectKey: keys.leaf,
          issuer: machineIssuer.subject!,
          issuerKey: keys.machines,
          serialNumber: facts.serialNumber!,
          notBefore: facts.notBefore!,
          notAfter: facts.notAfter!,
          isAuthority: false,
          keyUsages: facts.keyUsages!,
          extendedKeyUsages: facts.extendedKeyUsages!.map((usage) => usage.oid!),
        }),
      ),
  };
}

const AUTHORITY_USAGES = ['digitalSignature', 'keyCertSign', 'cRLSign'];
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

function toEnterpriseName(commonName: string): SimulatedName {
  return createName({ commonName, organization: ENTERPRISE_NAME, country: 'US' });
}

/** 19 bytes that begin with a digit below 8: positive, and below 2^159 (RFC 5280 section 4.1.2.2). */
export function toSerialNumber(seed: number, a: number, b = 0, c = 0): string {
  return `4${mixHex(5, seed ^ 0x5e71a1, a, b, c)
    .slice(0, 37)
    .toUpperCase()}`;
}
