/**
 * What a gateway must answer about a simulated tenant: the records that the simulator knows it handed out,
 * merged by the rules of the graph into plain objects. It shares no code with the gateway: names, times and
 * merges are worked out here a second time, in the plainest way.
 */

import type {
  CertificateFacts,
  SimulatedName,
  SimulatedRecord,
} from '../../src/simulator/inventory/truth.ts';

export interface TrueName {
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly organizationalUnit: string | null;
  readonly locality: string | null;
  readonly state: string | null;
  readonly country: string | null;
  readonly displayName: string;
  readonly text: string;
}

export interface TrueCertificate {
  readonly thumbprint: string;
  readonly serialNumber: string | null;
  readonly subject: TrueName | null;
  readonly issuer: TrueName | null;
  readonly subjectType: string | null;
  readonly isSelfSigned: boolean | null;
  readonly signatureAlgorithm: string | null;
  readonly keySize: number | null;
  /** Epoch seconds. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly lifetimeDays: number | null;
  readonly keyUsages: readonly string[] | null;
  readonly extendedKeyUsages: readonly { readonly oid: string | null; readonly name: string }[] | null;
  /** In their default order. */
  readonly installations: readonly TrueInstallation[];
  readonly devices: readonly TrueDevice[];
}

export interface TrueInstallation {
  readonly path: string;
  readonly storeLocation: string | null;
  readonly storeName: string | null;
  readonly certificate: TrueCertificate;
  readonly device: TrueDevice;
}

export interface TrueDevice {
  readonly deviceId: string;
  readonly name: string | null;
  readonly rbacGroup: TrueGroup | null;
  readonly installations: readonly TrueInstallation[];
  readonly certificates: readonly TrueCertificate[];
}

export interface TrueGroup {
  readonly rbacGroupId: string;
  readonly name: string | null;
  readonly devices: readonly TrueDevice[];
  readonly certificates: readonly TrueCertificate[];
  readonly installationCount: number;
}

export interface TrueInventory {
  /** Every list in its default order. */
  readonly certificates: readonly TrueCertificate[];
  readonly devices: readonly TrueDevice[];
  readonly installations: readonly TrueInstallation[];
  readonly groups: readonly TrueGroup[];
  readonly recordsRead: number;
  readonly duplicateRecords: number;
  readonly conflictingRecords: number;
  /** How many records were refused, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
}

/** Text order of the graph: the lower-cased UTF-8 bytes, then the bytes themselves. */
export function compareText(left: string, right: string): number {
  return compareBytes(left.toLowerCase(), right.toLowerCase()) || compareBytes(left, right);
}

/** The truth about all records of an export. */
export function mergeRecords(all: Iterable<SimulatedRecord>): TrueInventory {
  const read = [...all];
  const rejected = new Map<string, number>();
  for (const { malformed } of read) {
    if (malformed !== null) rejected.set(malformed, (rejected.get(malformed) ?? 0) + 1);
  }
  const records = read.filter(({ malformed }) => malformed === null).map(toReport);
  const losers = new Set<Report>();
  const settleAll = createSettler(losers);

  const groupNames = new Map(
    [...groupBy(records, ({ rbacGroupId }) => rbacGroupId)].map(([id, own]) => [
      id,
      settleAll(own, ({ rbacGroupName }) => rbacGroupName),
    ]),
  );
  const groups = new Map<string, Writable<TrueGroup>>();
  const devices = [...groupBy(records, ({ deviceId }) => deviceId)].map(([deviceId, own]) => {
    const groupId = settleAll(own, ({ rbacGroupId }) => rbacGroupId)!;
    const rbacGroup = groups.get(groupId) ?? {
      rbacGroupId: groupId,
      name: groupNames.get(groupId)!,
      devices: [],
      certificates: [],
      installationCount: 0,
    };
    groups.set(groupId, rbacGroup);
    const name = settleAll(own, ({ deviceName }) => deviceName);
    const device: Writable<TrueDevice> = { deviceId, name, rbacGroup, installations: [], certificates: [] };
    return device;
  });
  const certificates = [...groupBy(records, ({ facts }) => facts.thumbprint)].map(([thumbprint, own]) =>
    mergeCertificate(thumbprint, (field) => settleAll(own, ({ facts }) => facts[field])),
  );

  const deviceOf = new Map(devices.map((device) => [device.deviceId, device]));
  const certificateOf = new Map(certificates.map((certificate) => [certificate.thumbprint, certificate]));
  const installations = [...groupBy(records, toFullKey).values()]
    .map(([{ path, deviceId, facts }]) => {
      const pieces = path.split('\\');
      return {
        path,
        storeLocation: pieces[0]!,
        storeName: pieces.slice(1, -1).join('\\'),
        certificate: certificateOf.get(facts.thumbprint)!,
        device: deviceOf.get(deviceId)!,
      };
    })
    .sort(
      (a, b) =>
        compareText(a.device.deviceId, b.device.deviceId) ||
        compareText(a.certificate.thumbprint, b.certificate.thumbprint) ||
        compareText(a.path, b.path),
    );
  for (const installation of installations) {
    (installation.certificate.installations as TrueInstallation[]).push(installation);
    (installation.device.installations as TrueInstallation[]).push(installation);
  }
  certificates.sort((a, b) => compareText(a.thumbprint, b.thumbprint));
  devices.sort((a, b) => compareText(a.deviceId, b.deviceId));
  for (const certificate of certificates) {
    certificate.devices = distinct(certificate.installations.map(({ device }) => device)).sort((a, b) =>
      compareText(a.deviceId, b.deviceId),
    );
  }
  for (const device of devices) {
    device.certificates = byThumbprint(device.installations);
    (device.rbacGroup!.devices as TrueDevice[]).push(device);
  }
  for (const group of groups.values()) {
    const own = group.devices.flatMap((device) => device.installations);
    group.certificates = byThumbprint(own);
    group.installationCount = own.length;
  }
  return {
    certificates,
    devices,
    installations,
    groups: [...groups.values()].sort((a, b) => compareText(a.rbacGroupId, b.rbacGroupId)),
    recordsRead: read.length,
    duplicateRecords: records.length - installations.length,
    conflictingRecords: losers.size,
    rejected,
  };
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** What one record says, names as the texts that they are served under. */
interface Report {
  readonly deviceId: string;
  readonly deviceName: string | null;
  readonly rbacGroupId: string;
  readonly rbacGroupName: string | null;
  readonly path: string;
  readonly facts: Omit<CertificateFacts, 'subject' | 'issuer' | 'isSelfSigned'> & {
    readonly subject: TrueName | null;
    readonly issuer: TrueName | null;
  };
}

function toReport(record: SimulatedRecord): Report {
  const { deviceId, deviceName, rbacGroupId, rbacGroupName, path, subject, issuer, ...facts } = record;
  return {
    deviceId,
    deviceName,
    rbacGroupId,
    rbacGroupName,
    path,
    facts: { ...facts, subject: subject && toTrueName(subject), issuer: issuer && toTrueName(issuer) },
  };
}

const toFullKey = ({ deviceId, facts, path }: Report): string =>
  JSON.stringify([deviceId, facts.thumbprint, path]);

/**
 * Known beats unknown; of the known the smallest (device id, path) wins, and the smallest value where that is the
 * same. Whoever reported another known value is a loser.
 */
function createSettler(losers: Set<Report>) {
  return <Value>(reports: readonly Report[], read: (report: Report) => Value | null): Value | null => {
    const known = reports.filter((report) => read(report) !== null);
    const [winner] = known.toSorted(
      (a, b) =>
        compareText(a.deviceId, b.deviceId) || compareText(a.path, b.path) || compareValues(read(a), read(b)),
    );
    if (winner === undefined) return null;
    for (const report of known) {
      if (compareValues(read(report), read(winner)) !== 0) losers.add(report);
    }
    return read(winner);
  };
}

function mergeCertificate(
  thumbprint: string,
  settle: <Field extends keyof Report['facts']>(field: Field) => Report['facts'][Field] | null,
): Writable<TrueCertificate> {
  const subject = settle('subject');
  const issuer = settle('issuer');
  const notBefore = settle('notBefore');
  const notAfter = settle('notAfter');
  return {
    thumbprint,
    serialNumber: settle('serialNumber'),
    subject,
    issuer,
    subjectType: settle('subjectType'),
    isSelfSigned: subject === null || issuer === null ? null : subject.text === issuer.text,
    signatureAlgorithm: settle('signatureAlgorithm'),
    keySize: settle('keySize'),
    notBefore,
    notAfter,
    lifetimeDays:
      notBefore === null || notAfter === null ? null : Math.ceil((notAfter - notBefore + 1) / 86_400),
    keyUsages: settle('keyUsages'),
    extendedKeyUsages: settle('extendedKeyUsages'),
    installations: [],
    devices: [],
  };
}

function toTrueName({ text, ...parts }: SimulatedName): TrueName {
  const served = text ?? toRfc4514(parts);
  const displayName = parts.commonName ?? parts.organizationalUnit ?? parts.organization ?? served;
  return { ...parts, displayName, text: served };
}

/** RFC 4514 section 2.4, for values without control characters. */
function toRfc4514(parts: Omit<SimulatedName, 'text'>): string {
  const written = [
    ['CN', parts.commonName],
    ['OU', parts.organizationalUnit],
    ['O', parts.organization],
    ['L', parts.locality],
    ['ST', parts.state],
    ['C', parts.country],
  ] as const;
  return written
    .filter(([, value]) => value !== null)
    .map(([type, value]) => `${type}=${value!.replace(/[\\",+;<>]|^[ #]| $/g, '\\$&')}`)
    .join(',');
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return compareBytes(toComparable(left), toComparable(right));
}

function toComparable(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function groupBy<Item>(
  items: readonly Item[],
  toKey: (item: Item) => string,
): Map<string, [Item, ...Item[]]> {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const group = groups.get(toKey(item));
    if (group === undefined) groups.set(toKey(item), [item]);
    else group.push(item);
  }
  return groups;
}

function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

function byThumbprint(installations: readonly TrueInstallation[]): TrueCertificate[] {
  return distinct(installations.map(({ certificate }) => certificate)).sort((a, b) =>
    compareText(a.thumbprint, b.thumbprint),
  );
}
