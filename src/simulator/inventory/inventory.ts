/**
 * The whole simulated inventory: its exports in time, and the records of each, as truth and as wire text.
 *
 * An export is numbered by its generation and is a function of (options, generation). Nothing of it is held
 * but the list of devices, so that any part of any size can be streamed at any time, in any order.
 *
 * Records are ordered by RBAC group, then by device; parts of a file set and pages cut the same order.
 */

import { createDeviceRecords, type Placement } from './device-records.ts';
import type { Enterprise } from './enterprise.ts';
import { createFleet, type DevicePlace, type Fleet, type FleetDevice } from './fleet.ts';
import { BROKEN_RECORDS, createQuirks, type QuirkSelection } from './quirks.ts';
import { mix, mixChance } from './random.ts';
import { WIRE_COLUMNS, WIRE_SPELLINGS, type WireSpelling } from './spelling.ts';
import type { MalformedReason, SimulatedRecord } from './truth.ts';
import { getCertificatePart } from './wire-certificate.ts';

export interface InventoryOptions {
  readonly seed: number;
  readonly devices: number;
  readonly recordsPerDevice: number;
  /** Share of the devices that a licence covers, 0 to 1. */
  readonly coverage: number;
  readonly quirks: QuirkSelection;
  /** Epoch seconds of the UTC midnight that all dates are relative to. */
  readonly startDaySeconds: number;
  /** Time from one export to the next. */
  readonly exportIntervalMs: number;
  /** How many times faster than in life the inventory changes; default 1. */
  readonly pace?: number;
  /** Records that a part of a file set holds, about. */
  readonly recordsPerFile: number;
}

/** One file of an export: some devices of one group. */
export interface ExportPart {
  readonly groupId: number;
  /** Number of the part within its group, from 0. */
  readonly index: number;
  /** Places in the order of the export, `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

export interface Generation {
  readonly number: number;
  /** Devices listed, second listings included. */
  readonly places: number;
  readonly parts: readonly ExportPart[];
  /** The JSON text of each record of the device at a place. */
  encode(place: number, spelling: WireSpelling): readonly string[];
  /** The truth of each record of the device at a place, in the same order. */
  describe(place: number): readonly SimulatedRecord[];
}

export interface Inventory {
  readonly enterprise: Enterprise;
  /** An export, from memory when it was asked for lately. Costs a pass over the devices otherwise. */
  getGeneration(number: number): Generation;
}

/** Exports whose device lists are kept. */
const KEPT_GENERATIONS = 4;

/** Prepares the certificates that all devices share; the devices themselves come later. */
export function createInventory(options: InventoryOptions): Inventory {
  const quirks = createQuirks(options.quirks);
  const { seed, exportIntervalMs, pace = 1 } = options;
  const deviceRecords = createDeviceRecords({ ...options, quirks });
  const kept = new Map<number, Generation>();

  function createGeneration(number: number): Generation {
    const elapsedSeconds = Math.floor((number * exportIntervalMs * pace) / 1000);
    const fleet = createFleet({ ...options, quirks }, number, elapsedSeconds);
    const find = createPlaceFinder(fleet);
    const hasUnknownColumns = quirks.has('unknownColumns') && number % 2 === 0;

    const list = (device: FleetDevice): readonly Placement[] => deviceRecords.list(device, elapsedSeconds);
    const findFault = (device: FleetDevice, order: number): MalformedReason | null => {
      if (!quirks.has(BROKEN_RECORDS) || !mixChance(5, seed, device.number, order, 0xbad)) return null;
      return MALFORMED_REASONS[mix(seed, device.number, order, 0xbae) % MALFORMED_REASONS.length]!;
    };

    function encode(place: number, spelling: WireSpelling): readonly string[] {
      const { device } = find(place);
      const writers = new Map<WireSpelling, RecordWriter>();
      const getWriter = (wanted: WireSpelling): RecordWriter => {
        const writer = writers.get(wanted) ?? createRecordWriter(device, wanted, hasUnknownColumns);
        writers.set(wanted, writer);
        return writer;
      };
      const usual = getWriter(spelling);
      return list(device).map((placement, order) => {
        const isMixed =
          quirks.has('mixedSpellings') && mixChance(quirks.perThousand, seed, device.number, order, 0x313);
        const writer = isMixed
          ? getWriter(WIRE_SPELLINGS[mix(seed, device.number, order, 0x314) % WIRE_SPELLINGS.length]!)
          : usual;
        const fault = findFault(device, order);
        const text = writer(placement, toReportedName(device, order));
        return fault === null ? text : breakRecord(text, fault, placement);
      });
    }

    function describe(place: number): readonly SimulatedRecord[] {
      const { device } = find(place);
      return list(device).map((placement, order) => ({
        deviceId: device.deviceId,
        deviceName: toReportedName(device, order),
        rbacGroupId: String(device.group.id),
        rbacGroupName: device.groupName,
        path: placement.path,
        ...placement.certificate.facts,
        malformed: findFault(device, order),
      }));
    }

    return {
      number,
      places: fleet.groups.reduce((sum, group) => sum + group.places, 0),
      parts: toParts(fleet, options),
      encode,
      describe,
    };
  }

  return {
    enterprise: deviceRecords.enterprise,
    getGeneration: (number) => {
      const generation = kept.get(number) ?? createGeneration(number);
      kept.delete(number);
      kept.set(number, generation);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT_GENERATIONS) break;
        kept.delete(oldest);
      }
      return generation;
    },
  };
}

/** Maps a place in the order of the export to its group and the place therein. */
function createPlaceFinder(fleet: Fleet): (place: number) => DevicePlace {
  const starts: number[] = [];
  let total = 0;
  for (const group of fleet.groups) {
    starts.push(total);
    total += group.places;
  }
  return (place) => {
    let group = starts.length - 1;
    while (starts[group]! > place) group--;
    return fleet.getPlace(fleet.groups[group]!.id, place - starts[group]!);
  };
}

function toParts(
  fleet: Fleet,
  { recordsPerFile, recordsPerDevice }: InventoryOptions,
): readonly ExportPart[] {
  const placesPerPart = Math.max(1, Math.floor(recordsPerFile / recordsPerDevice));
  const parts: ExportPart[] = [];
  let start = 0;
  for (const group of fleet.groups) {
    const end = start + group.places;
    for (let from = start, index = 0; from < end; from += placesPerPart, index++) {
      parts.push({ groupId: group.id, index, from, to: Math.min(end, from + placesPerPart) });
    }
    start = end;
  }
  return parts;
}

/** A device under two names reports every third record under the other one. */
function toReportedName(device: FleetDevice, order: number): string | null {
  return device.otherName !== null && order % 3 === 2 ? device.otherName : device.name;
}

type RecordWriter = (placement: Placement, deviceName: string | null) => string;

function createRecordWriter(
  device: FleetDevice,
  spelling: WireSpelling,
  hasUnknownColumns: boolean,
): RecordWriter {
  const columns = WIRE_COLUMNS[spelling];
  const head = `{"${columns.deviceId}":"${device.deviceId}","${columns.deviceName}":`;
  const groupId = device.groupIdAsText ? `"${device.group.id}"` : String(device.group.id);
  const unknown = hasUnknownColumns ? ',"recommendationReference":null,"Tags":["managed",{"tier":2}]' : '';
  const tail =
    `,"${columns.rbacGroupId}":${groupId},"${columns.rbacGroupName}":` +
    `${JSON.stringify(device.groupName)}${unknown}}`;
  const names = new Map<string | null, string>();
  return (placement, deviceName) => {
    let opening = names.get(deviceName);
    if (opening === undefined) {
      opening = `${head}${JSON.stringify(deviceName)},`;
      names.set(deviceName, opening);
    }
    placement.texts[spelling] ??=
      `"${columns.path}":${JSON.stringify(placement.path)},${getCertificatePart(placement.certificate, spelling)}`;
    return opening + placement.texts[spelling] + tail;
  };
}

const MALFORMED_REASONS = [
  'NOT_AN_OBJECT',
  'DEVICE_ID_MISSING',
  'PATH_MISSING',
  'THUMBPRINT_MISSING',
  'THUMBPRINT_MALFORMED',
] as const satisfies readonly MalformedReason[];

/** The same record, broken in one way; still valid JSON, so that it breaks no page around it. */
function breakRecord(text: string, reason: MalformedReason, { path, certificate }: Placement): string {
  const { thumbprint } = certificate.facts;
  const withoutValue = (value: string): string => text.replace(JSON.stringify(value), 'null');
  const thumbprintMember = /("thumbprint":")[0-9a-f]{40}"/i;
  switch (reason) {
    case 'NOT_AN_OBJECT':
      return JSON.stringify([thumbprint, path]);
    case 'DEVICE_ID_MISSING':
      return text.replace(/^\{"deviceid":"[0-9a-f]+"/i, '{"deviceid":null');
    case 'PATH_MISSING':
      return withoutValue(path);
    case 'THUMBPRINT_MISSING':
      return text.replace(thumbprintMember, (member) => `${member.slice(0, 13)}""`);
    case 'THUMBPRINT_MALFORMED':
      return text.replace(thumbprintMember, '$1not-a-thumbprint"');
  }
}
