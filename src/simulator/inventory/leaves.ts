/**
 * The certificates that belong to one device: how they are issued, how long they live and when they are
 * renewed. A leaf is a function of (seed, device, kind, time), so no state is kept between exports.
 *
 *   issued at   start day - phase + k x renewal period        (k: how often it was renewed)
 *   expires at  issued at + lifetime
 */

import { DAY_SECONDS, ENTERPRISE_NAME, type Enterprise, toSerialNumber } from './enterprise.ts';
import { mix, mixBelow, mixHex } from './random.ts';
import { type CertificateFacts, createName, type SimulatedName, type SimulatedUsage } from './truth.ts';
import { createUsage } from './windows-names.ts';

export interface LeafKind {
  readonly store: string;
  /** Who signs it. */
  readonly issuer: 'self' | 'machineIssuer' | 'webIssuer';
  readonly lifetimeDays: number;
  /** Days from one issue to the next; longer than the lifetime means that it is left to expire. */
  readonly renewalDays: number;
  /** Age on the start day, drawn evenly from this range; negative when it is issued for the future. */
  readonly ageDays: readonly [from: number, to: number];
  readonly algorithm: string;
  readonly keySize: number;
  readonly keyUsages: readonly string[];
  readonly extendedKeyUsages: readonly SimulatedUsage[] | null;
  /** Common name instead of the device's name. */
  readonly commonName?: string;
}

const SERVER = createUsage('1.3.6.1.5.5.7.3.1');
const CLIENT = createUsage('1.3.6.1.5.5.7.3.2');
const IKE = createUsage('1.3.6.1.5.5.8.2.2');
const EFS = createUsage('1.3.6.1.4.1.311.10.3.4');
const SIGN_AND_ENCIPHER = ['digitalSignature', 'keyEncipherment'];

const MANAGED = { store: 'My', issuer: 'machineIssuer', algorithm: 'sha256RSA', keySize: 2048 } as const;
const SELF_SIGNED = { store: 'My', issuer: 'self', algorithm: 'sha256RSA', keySize: 2048 } as const;

/** The machine certificate that auto-enrolment keeps fresh. */
export const MACHINE_LEAF: LeafKind = {
  ...MANAGED,
  lifetimeDays: 365,
  renewalDays: 323,
  ageDays: [0, 323],
  keyUsages: SIGN_AND_ENCIPHER,
  extendedKeyUsages: [CLIENT, SERVER],
};

/** The same where auto-enrolment fails: found and renewed by hand weeks after it has expired. */
export const NEGLECTED_MACHINE_LEAF: LeafKind = { ...MACHINE_LEAF, renewalDays: 410, ageDays: [270, 410] };

/** What Windows makes for the Remote Desktop listener, and makes anew when it expires. */
export const REMOTE_DESKTOP_LEAF: LeafKind = {
  ...SELF_SIGNED,
  store: 'Remote Desktop',
  lifetimeDays: 182,
  renewalDays: 182,
  ageDays: [0, 182],
  keyUsages: ['keyEncipherment', 'dataEncipherment'],
  extendedKeyUsages: [SERVER],
};

/** A web server's certificate, renewed twenty days before it expires. */
export const WEB_LEAF: LeafKind = {
  ...MANAGED,
  issuer: 'webIssuer',
  store: 'WebHosting',
  lifetimeDays: 90,
  renewalDays: 70,
  ageDays: [0, 70],
  keyUsages: SIGN_AND_ENCIPHER,
  extendedKeyUsages: [SERVER],
};

const OTHER_LEAVES: readonly (readonly [weight: number, kind: LeafKind])[] = [
  [14, { ...MACHINE_LEAF, ageDays: [0, 300], extendedKeyUsages: [CLIENT] }],
  [
    8,
    { ...MACHINE_LEAF, lifetimeDays: 397, renewalDays: 390, ageDays: [0, 390], extendedKeyUsages: [CLIENT] },
  ],
  [
    6,
    {
      ...MACHINE_LEAF,
      lifetimeDays: 730,
      renewalDays: 690,
      ageDays: [0, 690],
      extendedKeyUsages: [IKE, CLIENT],
    },
  ],
  [4, { ...MACHINE_LEAF, keyUsages: ['keyEncipherment'], extendedKeyUsages: [EFS] }],
  // Remote management: self-signed once, for ten years.
  [6, { ...REMOTE_DESKTOP_LEAF, store: 'My', lifetimeDays: 3650, renewalDays: 3650, ageDays: [0, 2000] }],
  // A management agent's identity: valid for a hundred years.
  [
    5,
    {
      ...SELF_SIGNED,
      store: 'SMS',
      commonName: 'SMS',
      lifetimeDays: 36_500,
      renewalDays: 36_500,
      ageDays: [10, 2200],
      keyUsages: ['digitalSignature'],
      extendedKeyUsages: null,
    },
  ],
  [
    6,
    {
      ...SELF_SIGNED,
      algorithm: 'sha256ECDSA',
      keySize: 256,
      lifetimeDays: 825,
      renewalDays: 825,
      ageDays: [0, 825],
      keyUsages: ['digitalSignature', 'keyAgreement'],
      extendedKeyUsages: [CLIENT],
    },
  ],
  // Superseded and forgotten: expired long ago.
  [6, { ...MACHINE_LEAF, renewalDays: 36_500, ageDays: [380, 1500] }],
  [
    4,
    {
      ...REMOTE_DESKTOP_LEAF,
      store: 'My',
      algorithm: 'sha1RSA',
      keySize: 1024,
      lifetimeDays: 3650,
      renewalDays: 7300,
      ageDays: [2000, 3700],
    },
  ],
  [
    1,
    {
      ...REMOTE_DESKTOP_LEAF,
      store: 'My',
      commonName: 'Legacy Print Service',
      algorithm: 'md5RSA',
      keySize: 1024,
      lifetimeDays: 7300,
      renewalDays: 14_600,
      ageDays: [4000, 7400],
    },
  ],
  // Handed out ahead of a migration: not valid yet.
  [2, { ...MACHINE_LEAF, renewalDays: 36_500, ageDays: [-90, -1] }],
];

const TOTAL_WEIGHT = OTHER_LEAVES.reduce((sum, [weight]) => sum + weight, 0);

/** The kind of a device's n-th further leaf. */
export function chooseLeafKind(seed: number, device: number, order: number): LeafKind {
  let left = mixBelow(TOTAL_WEIGHT, seed, device, order, 0x1eaf);
  for (const [weight, kind] of OTHER_LEAVES) {
    left -= weight;
    if (left < 0) return kind;
  }
  return MACHINE_LEAF;
}

export interface LeafRequest {
  readonly seed: number;
  readonly enterprise: Enterprise;
  readonly kind: LeafKind;
  /** A number of the device that no other device of the run has. */
  readonly device: number;
  /** Tells the leaves of one device apart. */
  readonly order: number;
  /** The device's name, in lower case. */
  readonly hostName: string;
  readonly startDaySeconds: number;
  readonly elapsedSeconds: number;
}

/** The facts of a leaf as of `elapsedSeconds` after the start day. The thumbprint is made up. */
export function createLeaf(request: LeafRequest): CertificateFacts {
  const { seed, enterprise, kind, device, order, startDaySeconds, elapsedSeconds } = request;
  const [youngest, oldest] = kind.ageDays;
  const drawn = mix(seed, device, order, 0xa9e) / 4294967296;
  const age = Math.floor((youngest + drawn * (oldest - youngest)) * DAY_SECONDS);
  const period = kind.renewalDays * DAY_SECONDS;
  const renewals = Math.max(0, Math.floor((elapsedSeconds + age) / period));
  const notBefore = startDaySeconds - age + renewals * period;
  const subject = toSubject(kind, request.hostName);
  const identity = Math.imul(order, 4096) + renewals;
  return {
    thumbprint: mixHex(5, seed ^ 0x7b0b, device, identity).toUpperCase(),
    serialNumber: toSerialNumber(seed, device, identity, 0x5e1),
    subject,
    issuer: kind.issuer === 'self' ? subject : enterprise[kind.issuer].subject,
    subjectType: 'END_ENTITY',
    isSelfSigned: kind.issuer === 'self',
    signatureAlgorithm: kind.algorithm,
    keySize: kind.keySize,
    notBefore,
    notAfter: notBefore + kind.lifetimeDays * DAY_SECONDS,
    keyUsages: kind.keyUsages,
    extendedKeyUsages: kind.extendedKeyUsages,
  };
}

function toSubject(kind: LeafKind, hostName: string): SimulatedName {
  const commonName = kind.commonName ?? hostName;
  if (kind.issuer !== 'webIssuer') return createName({ commonName });
  return createName({
    commonName,
    organization: ENTERPRISE_NAME,
    organizationalUnit: 'Web Services',
    locality: 'Seattle',
    state: 'Washington',
    country: 'US',
  });
}
