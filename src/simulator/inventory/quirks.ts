/**
 * The oddities of real export data, each by its name, and what they do to a certificate. A certificate's
 * oddities are a function of its thumbprint, so that it looks the same on every device, in every spelling.
 */

import { mix, mixBelow } from './random.ts';
import { type CertificateFacts, createName, isSameName, type SimulatedName } from './truth.ts';
import {
  createWireCertificate,
  toWindowsNameText,
  type WireCertificate,
  type WireForm,
} from './wire-certificate.ts';

/** In the order in which they are usually listed: the first is number 1. */
export const QUIRKS = [
  /** Records of all three spellings within one export. */
  'mixedSpellings',
  /** Names as object, JSON text, distinguished-name text, broken JSON text, empty text, null. */
  'nameForms',
  /** Usages as list, text, JSON text, OIDs, .NET names, "None", null, and one that nobody knows. */
  'usageForms',
  /** Key size 0, also for ECDSA; as text; 512 and 1536 bits. */
  'keySizes',
  /** Unknown (year 1), reversed, far future (year 9999), and other timestamp formats. */
  'dates',
  /** Empty or unknown signature algorithm; unknown subject type. */
  'algorithms',
  /** One certificate in several stores of one device. */
  'severalStores',
  /** A record twice; a device that is also listed under its former RBAC group. */
  'duplicates',
  /** Groups renamed between exports, two of one name, id as text, "None" and null for a name. */
  'groups',
  /** Device name null, bare, in two versions on one device, or the same on two devices. */
  'deviceNames',
  /** Lower-case thumbprints, serial numbers with leading zeros, long and non-ASCII names, odd stores and paths. */
  'identifiers',
  /** Columns that nobody documented, in every second export. */
  'unknownColumns',
  /** From the second export on, devices age out and are not replaced. */
  'shrinking',
] as const;

/** Deliberately broken records: not part of `all`, since a record that is broken has no truth. */
export const BROKEN_RECORDS = 'brokenRecords';

export type QuirkName = (typeof QUIRKS)[number] | typeof BROKEN_RECORDS;

/** `realistic`: a few of them, rarely. `all`: each of `QUIRKS`, often. */
export type QuirkSelection = 'none' | 'realistic' | 'all' | readonly QuirkName[];

export interface Quirks {
  has(name: QuirkName): boolean;
  /** How many of a thousand certificates, devices or records a selected quirk hits. */
  readonly perThousand: number;
}

const REALISTIC: ReadonlySet<QuirkName> = new Set([
  'keySizes',
  'dates',
  'algorithms',
  'severalStores',
  'duplicates',
  'deviceNames',
]);

/** What a selection means. */
export function createQuirks(selection: QuirkSelection): Quirks {
  if (selection === 'none') return { has: () => false, perThousand: 0 };
  if (selection === 'realistic') return { has: (name) => REALISTIC.has(name), perThousand: 8 };
  const chosen: ReadonlySet<QuirkName> = new Set(selection === 'all' ? QUIRKS : selection);
  return { has: (name) => chosen.has(name), perThousand: 125 };
}

/** A certificate as the selected quirks leave it. */
export function applyCertificateQuirks(
  quirks: Quirks,
  seed: number,
  facts: CertificateFacts,
): WireCertificate {
  const key = Number.parseInt(facts.thumbprint.slice(0, 8), 16) | 0;
  let changed = facts;
  let form: WireForm = {};
  for (const [order, quirk] of CERTIFICATE_QUIRKS.entries()) {
    if (!quirks.has(quirk.name) || mixBelow(1000, seed, key, order, 0x9a1) >= quirks.perThousand) continue;
    const change = quirk.change(changed, mix(seed, key, order, 0x9a2));
    changed = { ...changed, ...change.facts };
    form = { ...form, ...change.form };
  }
  if (changed === facts) return createWireCertificate(facts);
  return createWireCertificate(
    { ...changed, isSelfSigned: isSameName(changed.subject, changed.issuer) },
    form,
  );
}

interface Change {
  readonly facts?: Partial<CertificateFacts>;
  readonly form?: WireForm;
}

const CERTIFICATE_QUIRKS: readonly {
  readonly name: QuirkName;
  readonly change: (facts: CertificateFacts, draw: number) => Change;
}[] = [
  // Before `nameForms`, which freezes a name into its text.
  { name: 'identifiers', change: changeIdentifiers },
  { name: 'nameForms', change: changeNames },
  { name: 'usageForms', change: changeUsages },
  { name: 'keySizes', change: changeKeySize },
  { name: 'dates', change: changeDates },
  { name: 'algorithms', change: changeAlgorithm },
];

function changeIdentifiers(facts: CertificateFacts, draw: number): Change {
  const rename = (commonName: string): Change => {
    const subject = createName({ ...facts.subject, commonName });
    return { facts: facts.isSelfSigned ? { subject, issuer: subject } : { subject } };
  };
  switch (draw % 4) {
    case 0:
      return { form: { lowerCaseThumbprint: true } };
    case 1:
      return { facts: { serialNumber: `0000${facts.serialNumber}` } };
    case 2:
      return rename('Größe-測試-Сервер-🔐.corp.northwind.example');
    default:
      return rename(`${'a-very-long-name-'.repeat(60)}end`);
  }
}

function changeNames(facts: CertificateFacts, draw: number): Change {
  const both = (change: (name: SimulatedName) => SimulatedName | null): Partial<CertificateFacts> => ({
    subject: facts.subject && change(facts.subject),
    issuer: facts.issuer && change(facts.issuer),
  });
  switch (draw % 6) {
    case 0:
      return { form: { names: 'object' } };
    case 1:
      return { form: { names: 'json' } };
    case 2:
      return { facts: both((name) => createName({ ...name, text: toWindowsNameText(name) })) };
    case 3:
      return { facts: both((name) => createName({ text: `{"CommonName":"${name.commonName ?? ''}` })) };
    case 4:
      return { facts: both(() => null), form: { names: 'empty' } };
    default:
      return { facts: both(() => null) };
  }
}

function changeUsages(facts: CertificateFacts, draw: number): Change {
  switch (draw % 8) {
    case 0:
      return { form: { usages: 'list' } };
    case 1:
      return { form: { usages: 'text' } };
    case 2:
      return { form: { usages: 'jsonList' } };
    case 3:
      return { form: { usages: 'oids' } };
    case 4:
      return { form: { usages: 'dotnet' } };
    case 5:
      return { facts: { keyUsages: [], extendedKeyUsages: [] } };
    case 6:
      return { facts: { keyUsages: null, extendedKeyUsages: null } };
    default:
      return {
        facts: {
          extendedKeyUsages: [
            ...(facts.extendedKeyUsages ?? []),
            { oid: '1.3.6.1.4.1.99999.7.1', name: '1.3.6.1.4.1.99999.7.1' },
            { oid: null, name: 'Vendor Attestation' },
          ],
        },
      };
  }
}

function changeKeySize(facts: CertificateFacts, draw: number): Change {
  if (facts.signatureAlgorithm?.endsWith('ECDSA')) return { facts: { keySize: null } };
  switch (draw % 4) {
    case 0:
      return { facts: { keySize: null } };
    case 1:
      return { form: { keySizeAsText: true } };
    case 2:
      return { facts: { keySize: facts.keySize === 1024 ? 512 : 1536 } };
    default:
      return { facts: { keySize: null }, form: { keySizeAsText: true } };
  }
}

const LAST_SECOND_OF_TIME = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

function changeDates(facts: CertificateFacts, draw: number): Change {
  switch (draw % 7) {
    case 0:
      return { facts: { notBefore: null, notAfter: null } };
    case 1:
      return { facts: { notBefore: facts.notAfter, notAfter: facts.notBefore } };
    case 2:
      return { facts: { notAfter: LAST_SECOND_OF_TIME } };
    case 3:
      return { form: { timestamps: 'isoFraction' } };
    case 4:
      return { form: { timestamps: 'space' } };
    case 5:
      return { form: { timestamps: 'spaceFraction' } };
    default:
      return { facts: { notAfter: null }, form: { timestamps: 'space' } };
  }
}

function changeAlgorithm(_facts: CertificateFacts, draw: number): Change {
  switch (draw % 5) {
    case 0:
      return { facts: { signatureAlgorithm: null, keySize: null } };
    case 1:
      return { facts: { signatureAlgorithm: '2.16.840.1.101.3.4.3.18' } };
    case 2:
      return { facts: { subjectType: null } };
    case 3:
      return { facts: { subjectType: null }, form: { subjectType: 'Unknown' } };
    default:
      return { facts: { signatureAlgorithm: null } };
  }
}

/** A record whose certificate the agent could not read: key size 0 and no algorithm, everything else known. */
export function toUnparsed(certificate: WireCertificate): WireCertificate {
  return createWireCertificate(
    { ...certificate.facts, keySize: null, signatureAlgorithm: null },
    certificate.form,
  );
}
