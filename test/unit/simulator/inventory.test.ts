/** The generated inventory: the same for the same options, however it is cut, and true to its own wire text. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createInventory,
  type Generation,
  type InventoryOptions,
} from '../../../src/simulator/inventory/inventory.ts';
import { BROKEN_RECORDS, QUIRKS, type QuirkSelection } from '../../../src/simulator/inventory/quirks.ts';
import { WIRE_SPELLINGS, type WireSpelling } from '../../../src/simulator/inventory/spelling.ts';
import type { SimulatedRecord } from '../../../src/simulator/inventory/truth.ts';
import { readWireRecord } from './wire-reader.ts';

const DAY_SECONDS = 86_400;
const START = Date.UTC(2026, 10, 23) / 1000;

function createOptions(changes: Partial<InventoryOptions> = {}): InventoryOptions {
  return {
    seed: 7,
    devices: 60,
    recordsPerDevice: 50,
    coverage: 1,
    quirks: 'realistic',
    startDaySeconds: START,
    exportIntervalMs: 6 * 3_600_000,
    recordsPerFile: 500,
    ...changes,
  };
}

function getExport(changes: Partial<InventoryOptions> = {}, number = 0): Generation {
  return createInventory(createOptions(changes)).getGeneration(number);
}

function describeAll(generation: Generation): SimulatedRecord[] {
  return toPlaces(generation).flatMap((place) => [...generation.describe(place)]);
}

function encodeAll(generation: Generation, spelling: WireSpelling): string[] {
  return toPlaces(generation).flatMap((place) => [...generation.encode(place, spelling)]);
}

function toPlaces(generation: Generation): number[] {
  return Array.from({ length: generation.places }, (_, place) => place);
}

describe('simulated inventory', () => {
  it('is the same for the same options', () => {
    const first = getExport({ quirks: 'all' });
    const second = getExport({ quirks: 'all' });
    assert.deepEqual(encodeAll(first, 'pascal'), encodeAll(second, 'pascal'));
    assert.deepEqual(describeAll(first), describeAll(second));
  });

  it('differs under another seed', () => {
    assert.notDeepEqual(encodeAll(getExport(), 'current'), encodeAll(getExport({ seed: 8 }), 'current'));
  });

  it('gives a device the same records whatever was generated before', () => {
    const generation = getExport({ quirks: 'all' });
    const forward = toPlaces(generation).map((place) => generation.describe(place));
    const backward = toPlaces(generation)
      .reverse()
      .map((place) => generation.describe(place));
    assert.deepEqual(backward.reverse(), forward);
  });

  it('keeps every record, in the same order, however it is split over files', () => {
    const whole = encodeAll(getExport(), 'pascal');
    for (const recordsPerFile of [1, 120, 100_000]) {
      const generation = getExport({ recordsPerFile });
      const split = generation.parts.flatMap(({ from, to }) =>
        Array.from({ length: to - from }, (_, index) => generation.encode(from + index, 'pascal')).flat(),
      );
      assert.deepEqual(split, whole);
    }
  });

  it('puts each file under one RBAC group', () => {
    const generation = getExport({ recordsPerFile: 120, quirks: 'all' });
    for (const { from, to, groupId } of generation.parts) {
      for (let place = from; place < to; place++) {
        assert.ok(generation.describe(place).every((record) => record.rbacGroupId === String(groupId)));
      }
    }
  });

  for (const quirks of ['none', 'realistic', 'all', [BROKEN_RECORDS]] as const) {
    for (const spelling of WIRE_SPELLINGS) {
      it(`tells the truth of what it writes (${spelling}, quirks: ${String(quirks)})`, () => {
        const generation = getExport({ devices: 150, quirks: quirks as QuirkSelection });
        const truth = describeAll(generation);
        const wire = encodeAll(generation, spelling).map(readWireRecord);
        assert.equal(wire.length, truth.length);
        for (const [index, record] of wire.entries()) {
          const expected = truth[index]!;
          if (record.malformed !== null) assert.equal(record.malformed, expected.malformed);
          else assert.deepEqual(record, { ...expected });
        }
      });
    }
  }

  it('tells the truth for any seed, size and set of quirks', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          devices: fc.integer({ min: 0, max: 12 }),
          recordsPerDevice: fc.integer({ min: 1, max: 40 }),
          quirks: fc.subarray([...QUIRKS]),
        }),
        fc.constantFrom(...WIRE_SPELLINGS),
        fc.nat({ max: 3000 }),
        (changes, spelling, number) => {
          const generation = getExport(changes, number);
          assert.deepEqual(encodeAll(generation, spelling).map(readWireRecord), describeAll(generation));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('has the size that was asked for', () => {
    for (const quirks of ['none', 'realistic'] as const) {
      assert.equal(describeAll(getExport({ devices: 1, recordsPerDevice: 1, quirks })).length, 1);
    }
    assert.equal(describeAll(getExport({ devices: 0 })).length, 0);
    const records = describeAll(getExport({ devices: 400, recordsPerDevice: 100, quirks: 'none' })).length;
    assert.ok(Math.abs(records - 40_000) < 1000, `${records} records`);
    const large = describeAll(getExport({ devices: 2, recordsPerDevice: 3000, quirks: 'none' })).length;
    assert.ok(large > 5000 && large < 7000, `${large} records`);
  });

  it('gives every device its own id and every leaf its own thumbprint', () => {
    const records = describeAll(getExport({ devices: 2000, recordsPerDevice: 10, quirks: 'none' }));
    const deviceOf = new Map<string, Set<string>>();
    for (const { thumbprint, deviceId, subjectType, extendedKeyUsages } of records) {
      if (subjectType !== 'END_ENTITY' || extendedKeyUsages?.[0]?.name === 'Code Signing') continue;
      deviceOf.set(thumbprint, (deviceOf.get(thumbprint) ?? new Set()).add(deviceId));
    }
    assert.equal(new Set(records.map((record) => record.deviceId)).size, 2000);
    assert.ok([...deviceOf.values()].every((devices) => devices.size === 1));
    assert.ok(deviceOf.size > 3000);
  });

  it('answers the questions that a fleet is asked', () => {
    const records = describeAll(getExport({ devices: 400, recordsPerDevice: 100 }));
    const has = (test: (record: SimulatedRecord) => boolean): boolean => records.some(test);
    const endsWithin = (from: number, to: number) => (record: SimulatedRecord) =>
      record.notAfter !== null &&
      record.notAfter > START + from * DAY_SECONDS &&
      record.notAfter <= START + to * DAY_SECONDS;
    for (const [from, to] of [
      [-30, 0],
      [0, 7],
      [7, 30],
      [30, 60],
      [60, 90],
    ] as const) {
      assert.ok(has(endsWithin(from, to)), `none ends within ${from} to ${to} days`);
    }
    assert.ok(has(({ notBefore }) => notBefore !== null && notBefore > START));
    assert.ok(has(({ keySize }) => keySize === 1024));
    for (const algorithm of ['sha1RSA', 'md5RSA', 'sha256RSA', 'sha256ECDSA', 'sha384ECDSA']) {
      assert.ok(
        has(({ signatureAlgorithm }) => signatureAlgorithm === algorithm),
        algorithm,
      );
    }
    for (const store of [
      'My',
      'Root',
      'CA',
      'AuthRoot',
      'Remote Desktop',
      'WebHosting',
      'TrustedPublisher',
      'SMS',
    ]) {
      assert.ok(
        has(({ path }) => path.startsWith(`LocalMachine\\${store}\\`)),
        store,
      );
    }
    const groups = Map.groupBy(records, (record) => record.rbacGroupId);
    assert.ok(groups.size >= 6);
    assert.equal(groups.get('0')![0]!.rbacGroupName, 'Unassigned');
    assert.ok(has(({ deviceName }) => deviceName !== null && deviceName !== deviceName.toLowerCase()));
    const superfish = records.filter(
      ({ thumbprint }) => thumbprint === 'C864484869D41D2B0D32319C5A62F9315AAF2CBD',
    );
    assert.equal(superfish.length, 2);
  });

  it("has a few devices that lack the enterprise's root", () => {
    const generation = getExport({ devices: 200 });
    const lacking = toPlaces(generation).filter(
      (place) =>
        !generation
          .describe(place)
          .some((record) => record.subject?.commonName === 'Northwind Traders Root CA'),
    );
    assert.equal(lacking.length, 5);
  });

  it('has public roots on nearly all devices, in two stores', () => {
    const generation = getExport({ devices: 100, recordsPerDevice: 100, quirks: 'none' });
    const counts = new Map<string, number>();
    for (const { path } of describeAll(generation)) counts.set(path, (counts.get(path) ?? 0) + 1);
    const onMost = (store: string): number =>
      [...counts].filter(([path, count]) => path.startsWith(`LocalMachine\\${store}\\`) && count >= 90)
        .length;
    assert.ok(onMost('AuthRoot') >= 30, `${onMost('AuthRoot')} roots`);
    assert.ok(onMost('Root') >= 1);
  });

  it('dates everything from the start day', () => {
    const shift = 100 * DAY_SECONDS;
    const first = describeAll(getExport({ quirks: 'none' }));
    const later = describeAll(getExport({ quirks: 'none', startDaySeconds: START + shift }));
    const leafDates = (records: SimulatedRecord[]): (number | null)[] =>
      records.filter(({ path }) => path.includes('\\My\\')).map(({ notAfter }) => notAfter);
    assert.deepEqual(
      leafDates(later),
      leafDates(first).map((date) => date! + shift),
    );
  });
});

describe('simulated inventory in time', () => {
  const toKeys = (records: SimulatedRecord[]): Set<string> =>
    new Set(records.map((record) => `${record.deviceId} ${record.path}`));

  it('renews certificates and replaces devices', () => {
    const inventory = createInventory(createOptions({ devices: 200 }));
    const before = describeAll(inventory.getGeneration(0));
    const after = describeAll(inventory.getGeneration(4 * 30));
    const devicesBefore = new Set(before.map((record) => record.deviceId));
    const devicesAfter = new Set(after.map((record) => record.deviceId));
    assert.ok(devicesAfter.difference(devicesBefore).size > 0, 'a device came');
    assert.ok(devicesBefore.difference(devicesAfter).size > 0, 'a device went');
    assert.equal(devicesAfter.size, devicesBefore.size);
    const stayed = after.filter((record) => devicesBefore.has(record.deviceId));
    assert.ok(toKeys(stayed).difference(toKeys(before)).size > 0, 'a certificate was renewed');
    assert.ok(toKeys(stayed).intersection(toKeys(before)).size > stayed.length / 2, 'most stay');
  });

  it('gives an export again as it was', () => {
    const inventory = createInventory(createOptions({ quirks: 'all' }));
    const before = encodeAll(inventory.getGeneration(2), 'pascal');
    for (let number = 3; number < 20; number++) inventory.getGeneration(number);
    assert.deepEqual(encodeAll(inventory.getGeneration(2), 'pascal'), before);
  });

  it('never lets a Remote Desktop certificate expire', () => {
    const inventory = createInventory(createOptions({ quirks: 'none', exportIntervalMs: 24 * 3_600_000 }));
    for (const number of [0, 50, 181, 182, 400, 1000]) {
      for (const { path, notAfter } of describeAll(inventory.getGeneration(number))) {
        if (path.includes('Remote Desktop')) assert.ok(notAfter! > START + number * DAY_SECONDS);
      }
    }
  });

  it('loses devices for good under the quirk that shrinks it', () => {
    const inventory = createInventory(createOptions({ devices: 200, quirks: ['shrinking'] }));
    const sizes = [0, 120, 400, 800].map((number) => inventory.getGeneration(number).places);
    assert.deepEqual(
      sizes,
      [...sizes].sort((left, right) => right - left),
    );
    assert.ok(sizes[3]! < 150 && sizes[3]! > 90, String(sizes));
  });

  it('covers the share of the devices that the licence covers', () => {
    const places = getExport({ devices: 1000, coverage: 0.1 }).places;
    assert.ok(places > 60 && places < 140, String(places));
  });
});
