/**
 * The devices of the simulated tenant and their RBAC groups, as of one export. A device is a function of
 * (seed, slot, elapsed time): a slot is a desk or rack place whose machine is replaced now and then.
 */

import { DAY_SECONDS } from './enterprise.ts';
import type { Quirks } from './quirks.ts';
import { mix, mixBelow, mixChance, mixHex } from './random.ts';

export interface FleetOptions {
  readonly seed: number;
  readonly devices: number;
  /** Share of the devices that a licence covers, 0 to 1. */
  readonly coverage: number;
  readonly quirks: Quirks;
}

export interface RbacGroup {
  readonly id: number;
  readonly name: string;
  /** Out of a thousand devices. */
  readonly weight: number;
  readonly prefix: string;
  readonly isServerGroup: boolean;
}

export interface FleetDevice {
  readonly slot: number;
  /** Tells every machine of the run apart, also the ones that followed each other in a slot. */
  readonly number: number;
  readonly deviceId: string;
  /** Fully qualified, lower case. */
  readonly hostName: string;
  readonly name: string | null;
  /** A second name under which some of its records come. */
  readonly otherName: string | null;
  readonly group: RbacGroup;
  readonly groupName: string | null;
  readonly groupIdAsText: boolean;
}

/** Uneven on purpose. Id 0 holds the devices that no rule of the tenant matches. */
const RBAC_GROUPS: readonly RbacGroup[] = [
  { id: 0, name: 'Unassigned', weight: 60, prefix: 'ws', isServerGroup: false },
  { id: 10, name: 'Workstations EMEA', weight: 340, prefix: 'eme', isServerGroup: false },
  { id: 11, name: 'Workstations Americas', weight: 250, prefix: 'ame', isServerGroup: false },
  { id: 12, name: 'Workstations APAC', weight: 90, prefix: 'apa', isServerGroup: false },
  { id: 20, name: 'Servers', weight: 150, prefix: 'srv', isServerGroup: true },
  { id: 21, name: 'Domain Controllers', weight: 10, prefix: 'dc', isServerGroup: true },
  { id: 30, name: 'Manufacturing', weight: 70, prefix: 'mfg', isServerGroup: false },
  { id: 31, name: 'Kiosks', weight: 30, prefix: 'ksk', isServerGroup: false },
];

/** Groups that only the quirk knows: a second "Kiosks". */
const SECOND_KIOSKS: RbacGroup = { id: 32, name: 'Kiosks', weight: 0, prefix: 'ksk', isServerGroup: false };

/** Days that a machine stays in its slot. */
const TENURE_DAYS = 300;

/** Marks a place at which a device is listed a second time, under another group. */
const ECHO = 0x8000_0000;

export interface DevicePlace {
  readonly device: FleetDevice;
  /** Second listing, under a group that the device has left. */
  readonly isEcho: boolean;
}

export interface Fleet {
  /** Group ids in ascending order, without empty groups, each with its number of places. */
  readonly groups: readonly { readonly id: number; readonly places: number }[];
  /** The device at a place of a group. */
  getPlace(groupId: number, place: number): DevicePlace;
}

/** The fleet of one export. Costs four bytes a device and one pass over the slots. */
export function createFleet(options: FleetOptions, generation: number, elapsedSeconds: number): Fleet {
  const slotsOfGroup = new Map<number, number[]>();
  const add = (groupId: number, entry: number): void => {
    const slots = slotsOfGroup.get(groupId);
    if (slots === undefined) slotsOfGroup.set(groupId, [entry]);
    else slots.push(entry);
  };
  for (let slot = 0; slot < options.devices; slot++) {
    if (!isListed(options, slot, elapsedSeconds)) continue;
    const group = chooseGroup(options, slot);
    add(group.id, slot);
    const former = findFormerGroup(options, slot, group);
    if (former !== undefined) add(former.id, slot + ECHO);
  }
  const groups = [...slotsOfGroup]
    .map(([id, slots]) => ({ id, slots: Uint32Array.from(slots) }))
    .sort((left, right) => left.id - right.id);
  const slotsOf = new Map(groups.map(({ id, slots }) => [id, slots]));
  return {
    groups: groups.map(({ id, slots }) => ({ id, places: slots.length })),
    getPlace: (groupId, place) => {
      const entry = slotsOf.get(groupId)![place]!;
      const isEcho = entry >= ECHO;
      const device = createDevice(options, isEcho ? entry - ECHO : entry, generation, elapsedSeconds);
      if (!isEcho) return { device, isEcho };
      const group = getGroup(groupId);
      return { device: { ...device, group, groupName: group.name }, isEcho };
    },
  };
}

function getGroup(groupId: number): RbacGroup {
  return RBAC_GROUPS.find((group) => group.id === groupId) ?? SECOND_KIOSKS;
}

function isListed({ seed, coverage, quirks }: FleetOptions, slot: number, elapsedSeconds: number): boolean {
  if (coverage < 1 && mix(seed, slot, 0xc0) / 4294967296 >= coverage) return false;
  if (!quirks.has('shrinking') || !mixChance(400, seed, slot, 0xc1)) return true;
  return elapsedSeconds < mixBelow(180 * DAY_SECONDS, seed, slot, 0xc2);
}

function chooseGroup({ seed, quirks }: FleetOptions, slot: number): RbacGroup {
  let left = mixBelow(1000, seed, slot, 0x6709);
  for (const group of RBAC_GROUPS) {
    left -= group.weight;
    if (left >= 0) continue;
    return group.name === SECOND_KIOSKS.name && quirks.has('groups') && slot % 2 === 1
      ? SECOND_KIOSKS
      : group;
  }
  return RBAC_GROUPS[0]!;
}

/** A device that has just moved may still be listed under the group that it has left. */
function findFormerGroup(
  { seed, quirks }: FleetOptions,
  slot: number,
  group: RbacGroup,
): RbacGroup | undefined {
  if (!quirks.has('duplicates') || !mixChance(quirks.perThousand, seed, slot, 0xd0b)) return undefined;
  const former = RBAC_GROUPS[mixBelow(RBAC_GROUPS.length, seed, slot, 0xd0c)]!;
  return former.id === group.id ? undefined : former;
}

function createDevice(
  options: FleetOptions,
  slot: number,
  generation: number,
  elapsedSeconds: number,
): FleetDevice {
  const { seed, quirks } = options;
  const tenure = TENURE_DAYS * DAY_SECONDS;
  const occupant = Math.floor((elapsedSeconds + mixBelow(tenure, seed, slot, 0x0cc)) / tenure);
  const number = slot + occupant * 0x1000000;
  const group = chooseGroup(options, slot);
  const hostName = `${toBareName(group, slot, occupant)}.corp.northwind.example`;
  const odd = (order: number): boolean => mixChance(quirks.perThousand, seed, number, order, 0x0dd);
  const hasOddName = quirks.has('deviceNames') && odd(1);
  const hasOddGroup = quirks.has('groups') && odd(2);
  return {
    slot,
    number,
    deviceId: mixHex(5, seed, number, 0xde1),
    hostName,
    name: hasOddName
      ? toOddName(hostName, mix(seed, number, 0x0d1))
      : toCasedName(hostName, mix(seed, number, 0xca5e)),
    otherName: hasOddName && mixChance(300, seed, number, 0x0d2) ? `renamed-${hostName}` : null,
    group,
    groupName: toGroupName(options, group, generation, hasOddGroup ? mix(seed, number, 0x0d3) : null),
    groupIdAsText: hasOddGroup,
  };
}

function toBareName(group: RbacGroup, slot: number, occupant: number): string {
  const suffix = occupant === 0 ? '' : `-r${occupant}`;
  return `${group.prefix}-${String(slot).padStart(6, '0')}${suffix}`;
}

/** Most agents report lower case; some report what the domain or an administrator once typed. */
function toCasedName(hostName: string, draw: number): string {
  const dot = hostName.indexOf('.');
  switch (draw % 20) {
    case 0:
      return hostName.toUpperCase();
    case 1:
    case 2:
      return hostName.slice(0, dot).toUpperCase() + hostName.slice(dot);
    default:
      return hostName;
  }
}

function toOddName(hostName: string, draw: number): string | null {
  switch (draw % 4) {
    case 0:
      return null;
    case 1:
      return hostName.slice(0, hostName.indexOf('.'));
    case 2:
      // Cloned from one image and never renamed: many devices, one name.
      return 'desktop-template.corp.northwind.example';
    default:
      return hostName.toUpperCase();
  }
}

function toGroupName(
  { quirks }: FleetOptions,
  group: RbacGroup,
  generation: number,
  oddDraw: number | null,
): string | null {
  if (oddDraw !== null && group.id === 0) return oddDraw % 2 === 0 ? null : 'None';
  if (quirks.has('groups') && group.id === 12 && generation % 2 === 1) return 'Workstations Asia Pacific';
  return group.name;
}
