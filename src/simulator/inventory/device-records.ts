/**
 * What is in the machine stores of one device: its own certificates, the enterprise's authorities, and as many
 * public roots as its share of the export allows.
 */

import { createEnterprise, type Enterprise } from './enterprise.ts';
import type { FleetDevice } from './fleet.ts';
import {
  chooseLeafKind,
  createLeaf,
  type LeafKind,
  MACHINE_LEAF,
  NEGLECTED_MACHINE_LEAF,
  REMOTE_DESKTOP_LEAF,
  WEB_LEAF,
} from './leaves.ts';
import { createSuperfishRoot, loadPublicRoots } from './public-roots.ts';
import { applyCertificateQuirks, type Quirks, toUnparsed } from './quirks.ts';
import { mix, mixBelow, mixChance } from './random.ts';
import type { WireSpelling } from './spelling.ts';
import type { CertificateFacts } from './truth.ts';
import type { WireCertificate } from './wire-certificate.ts';

/** A certificate in a store. A shared one is one object for the whole run and keeps its text per spelling. */
export interface Placement {
  readonly certificate: WireCertificate;
  readonly path: string;
  readonly texts: Partial<Record<WireSpelling, string>>;
}

export interface DeviceRecordOptions {
  readonly seed: number;
  readonly recordsPerDevice: number;
  /** Epoch seconds of a UTC midnight. */
  readonly startDaySeconds: number;
  readonly quirks: Quirks;
}

export interface DeviceRecords {
  readonly enterprise: Enterprise;
  /** The records of a device as of `elapsedSeconds` after the start day, always in the same order. */
  list(device: FleetDevice, elapsedSeconds: number): readonly Placement[];
}

/** How many slots have machine certificates that are really minted; the others' are records only. */
const MINTED_SLOTS = 24;

interface SharedCertificate {
  readonly placement: Placement;
  /** The same where the agent could not read it. */
  readonly unparsed: Placement;
}

/** Reads the public roots and mints the enterprise's authorities: some tens of milliseconds. */
export function createDeviceRecords(options: DeviceRecordOptions): DeviceRecords {
  const { seed, quirks, startDaySeconds } = options;
  const enterprise = createEnterprise(seed, startDaySeconds);
  const share = (facts: CertificateFacts, store: string): SharedCertificate => {
    const certificate = applyCertificateQuirks(quirks, seed, facts);
    return { placement: place(certificate, store), unparsed: place(toUnparsed(certificate), store) };
  };
  const shared = {
    root: share(enterprise.root, 'Root'),
    machineIssuer: share(enterprise.machineIssuer, 'CA'),
    webIssuer: share(enterprise.webIssuer, 'CA'),
    codeSigning: share(enterprise.codeSigning, 'TrustedPublisher'),
    misplacedIssuer: share(enterprise.machineIssuer, 'Root'),
    superfish: share(createSuperfishRoot(), 'Root'),
    // A root of Microsoft's programme lives in AuthRoot and, on most devices, is seen through Root as well.
    publicRoots: loadPublicRoots().flatMap((facts) => [share(facts, 'AuthRoot'), share(facts, 'Root')]),
  };
  const minted = new Map<string, CertificateFacts>();
  const mintOnce = (facts: CertificateFacts): CertificateFacts => {
    const real = minted.get(facts.thumbprint) ?? enterprise.mintMachineCertificate(facts);
    minted.set(facts.thumbprint, real);
    return real;
  };

  function list(device: FleetDevice, elapsedSeconds: number): readonly Placement[] {
    const { number, slot, hostName } = device;
    const limit = toRecordCount(options, number);
    const placements: Placement[] = [];
    const addLeaf = (kind: LeafKind, order: number): void => {
      const request = {
        seed,
        enterprise,
        kind,
        device: number,
        order,
        hostName,
        startDaySeconds,
        elapsedSeconds,
      };
      const facts = createLeaf(request);
      const isMinted = order === MACHINE_ORDER && slot < MINTED_SLOTS;
      const certificate = applyCertificateQuirks(quirks, seed, isMinted ? mintOnce(facts) : facts);
      placements.push(placeLeaf(options, certificate, kind.store, number, order));
      if (quirks.has('severalStores') && mixChance(quirks.perThousand * 4, seed, number, order, 0x570)) {
        placements.push(place(certificate, kind.store === 'My' ? 'TrustedPeople' : 'My'));
      }
    };
    const addShared = ({ placement, unparsed }: SharedCertificate, order: number): void => {
      const isUnparsed = quirks.has('algorithms') && mixChance(2, seed, number, order, 0x9a5);
      placements.push(isUnparsed ? unparsed : placement);
    };

    addLeaf(mixChance(80, seed, number, 0x9e9) ? NEGLECTED_MACHINE_LEAF : MACHINE_LEAF, MACHINE_ORDER);
    if (!lacksEnterpriseRoot(slot)) addShared(shared.root, 1);
    addLeaf(REMOTE_DESKTOP_LEAF, 1);
    addShared(shared.machineIssuer, 2);
    if (SUPERFISH_SLOTS.has(slot)) addShared(shared.superfish, 3);
    if (MISPLACED_SLOTS.has(slot)) addShared(shared.misplacedIssuer, 6);
    if (device.group.isServerGroup) addLeaf(WEB_LEAF, 2);
    if (mixChance(800, seed, number, 0x3eb)) addShared(shared.webIssuer, 4);
    if (mixChance(900, seed, number, 0x5c9)) addShared(shared.codeSigning, 5);
    const leaves = Math.round(limit / 10);
    for (let order = FIRST_OTHER_ORDER; order < FIRST_OTHER_ORDER + leaves - 2; order++) {
      addLeaf(chooseLeafKind(seed, number, order), order);
    }
    for (let order = 0; order < shared.publicRoots.length && placements.length < limit; order++) {
      const perThousand = order % 2 === 0 ? 985 : 700;
      if (mixChance(perThousand, seed, number, order, 0x600))
        addShared(shared.publicRoots[order]!, 100 + order);
    }
    // A device with more records than there are roots has that many more certificates of its own.
    for (let order = FIRST_OTHER_ORDER + leaves; placements.length < limit; order++) {
      addLeaf(chooseLeafKind(seed, number, order), order);
    }
    placements.length = Math.min(placements.length, limit);
    const last = placements.length - 1;
    if (last > 0 && quirks.has('duplicates') && mixChance(quirks.perThousand, seed, number, 0xd0d)) {
      placements[last] = placements[mixBelow(last, seed, number, 0xd0e)]!;
    }
    return placements;
  }

  return { enterprise, list };
}

const MACHINE_ORDER = 0;
const FIRST_OTHER_ORDER = 10;
const SUPERFISH_SLOTS: ReadonlySet<number> = new Set([5, 77]);
/** Somebody put an issuing authority among the roots, which breaks client certificates on Windows Server. */
const MISPLACED_SLOTS: ReadonlySet<number> = new Set([11, 61]);

/** One slot in forty was set up without the enterprise's root. */
function lacksEnterpriseRoot(slot: number): boolean {
  return slot % 40 === 3;
}

/** Between 85 and 115 percent of the average, and exactly one where the average is one. */
function toRecordCount({ seed, recordsPerDevice }: DeviceRecordOptions, number: number): number {
  const draw = mix(seed, number, 0x7a7) / 4294967296;
  return Math.max(1, Math.round(recordsPerDevice * (0.85 + 0.3 * draw)));
}

const ODD_STORES = ['Windows Live ID Token Issuer', 'TestSignRoot', 'Local NonRemovable Certificates'];

function placeLeaf(
  { seed, quirks }: DeviceRecordOptions,
  certificate: WireCertificate,
  store: string,
  number: number,
  order: number,
): Placement {
  if (!quirks.has('identifiers') || !mixChance(quirks.perThousand, seed, number, order, 0x57e)) {
    return place(certificate, store);
  }
  const draw = mix(seed, number, order, 0x57f);
  if (draw % 4 === 3) return place(certificate, store, toOtherThumbprint(certificate.facts.thumbprint));
  return place(certificate, ODD_STORES[draw % ODD_STORES.length]!);
}

/** A path that names another thumbprint than the column does: the last digit is turned. */
function toOtherThumbprint(thumbprint: string): string {
  return `${thumbprint.slice(0, -1)}${thumbprint.endsWith('0') ? '1' : '0'}`;
}

function place(certificate: WireCertificate, store: string, pathThumbprint?: string): Placement {
  const path = `LocalMachine\\${store}\\${pathThumbprint ?? certificate.facts.thumbprint}`;
  return { certificate, path, texts: {} };
}
