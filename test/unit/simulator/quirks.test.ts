/** Each quirk of the generated data shows on the wire when it is selected, and only then. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createInventory } from '../../../src/simulator/inventory/inventory.ts';
import type { QuirkName, QuirkSelection } from '../../../src/simulator/inventory/quirks.ts';
import type { WireSpelling } from '../../../src/simulator/inventory/spelling.ts';
import type { SimulatedRecord } from '../../../src/simulator/inventory/truth.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Pair {
  readonly text: string;
  readonly wire: Fields;
  readonly truth: SimulatedRecord;
}

function createPairs(quirks: QuirkSelection, spelling: WireSpelling = 'current', generation = 0): Pair[] {
  const inventory = createInventory({
    seed: 3,
    devices: 250,
    recordsPerDevice: 40,
    coverage: 1,
    quirks,
    startDaySeconds: Date.UTC(2026, 10, 23) / 1000,
    exportIntervalMs: 6 * 3_600_000,
    recordsPerFile: 1000,
  });
  const made = inventory.getGeneration(generation);
  return Array.from({ length: made.places }, (_, place) => {
    const truth = made.describe(place);
    return made
      .encode(place, spelling)
      .map((text, index) => ({ text, wire: JSON.parse(text), truth: truth[index]! }));
  }).flat();
}

/** What a quirk must show, each at least once with the quirk and never without any. */
const SIGNS: readonly (readonly [quirk: QuirkName, sign: string, test: (pair: Pair) => boolean])[] = [
  ['mixedSpellings', 'a PascalCase record among camelCase ones', ({ wire }) => 'DeviceId' in wire],
  ['mixedSpellings', 'a record of the older spelling', ({ wire }) => 'keyLength' in wire],
  [
    'nameForms',
    'a name as an object',
    ({ wire }) => typeof wire.issuedTo === 'object' && wire.issuedTo !== null,
  ],
  [
    'nameForms',
    'a name as text',
    ({ wire, truth }) => String(wire.issuedTo).startsWith('CN=') && truth.subject!.text !== null,
  ],
  [
    'nameForms',
    'a name as broken JSON',
    ({ wire, truth }) => /^\{[^}]*$/.test(String(wire.issuedTo)) && truth.subject!.commonName === null,
  ],
  ['nameForms', 'an empty name', ({ wire, truth }) => wire.issuedTo === '' && truth.subject === null],
  ['nameForms', 'no name', ({ wire, truth }) => wire.issuedTo === null && truth.isSelfSigned === null],
  ['usageForms', 'usages as a list', ({ wire }) => Array.isArray(wire.extendedKeyUsage)],
  ['usageForms', 'usages as a JSON list in text', ({ wire }) => String(wire.keyUsage).startsWith('["')],
  ['usageForms', 'bare OIDs', ({ wire }) => /^1\.3\.[\d.]+$/.test(String(wire.extendedKeyUsage))],
  ['usageForms', '.NET names', ({ wire }) => String(wire.keyUsage).includes('KeyEncipherment')],
  [
    'usageForms',
    'no usages at all',
    ({ wire, truth }) => wire.keyUsage === 'None' && truth.keyUsages?.length === 0,
  ],
  ['usageForms', 'a usage without an OID', ({ truth }) => truth.extendedKeyUsages?.at(-1)?.oid === null],
  ['keySizes', 'key size 0', ({ wire, truth }) => wire.keySize === 0 && truth.keySize === null],
  [
    'keySizes',
    'key size 0 of an ECDSA certificate',
    ({ wire }) => wire.keySize === 0 && wire.signatureAlgorithm === 'sha256ECDSA',
  ],
  ['keySizes', 'a key size as text', ({ wire, truth }) => wire.keySize === '2048' && truth.keySize === 2048],
  ['keySizes', 'an odd key size', ({ truth }) => truth.keySize === 512 || truth.keySize === 1536],
  [
    'dates',
    'a year-1 date',
    ({ wire, truth }) => wire.expirationDate === '0001-01-01T00:00:00Z' && truth.notAfter === null,
  ],
  ['dates', 'the end before the start', ({ truth }) => (truth.notAfter ?? 0) < (truth.notBefore ?? 0)],
  ['dates', 'year 9999', ({ truth }) => truth.notAfter === 253_402_300_799],
  [
    'dates',
    'a timestamp with a space',
    ({ wire }) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(String(wire.issueDate)),
  ],
  [
    'dates',
    'a timestamp with a space and decimals',
    ({ wire }) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0{7}$/.test(String(wire.issueDate)),
  ],
  [
    'algorithms',
    'no algorithm',
    ({ wire, truth }) => wire.signatureAlgorithm === '' && truth.signatureAlgorithm === null,
  ],
  ['algorithms', 'an unknown algorithm', ({ wire }) => wire.signatureAlgorithm === '2.16.840.1.101.3.4.3.18'],
  [
    'algorithms',
    'an unknown subject type',
    ({ wire, truth }) => wire.subjectType === 'Unknown' && truth.subjectType === null,
  ],
  ['algorithms', 'no subject type', ({ wire }) => wire.subjectType === null],
  [
    'groups',
    'a group id as text',
    ({ wire, truth }) => wire.rbacGroupId === '10' && truth.rbacGroupId === '10',
  ],
  [
    'groups',
    'a group without a name',
    ({ truth }) => truth.rbacGroupId === '0' && truth.rbacGroupName === null,
  ],
  ['groups', 'a group named None', ({ truth }) => truth.rbacGroupName === 'None'],
  [
    'groups',
    'a second group of one name',
    ({ truth }) => truth.rbacGroupId === '32' && truth.rbacGroupName === 'Kiosks',
  ],
  [
    'deviceNames',
    'no device name',
    ({ wire, truth }) => wire.deviceName === null && truth.deviceName === null,
  ],
  [
    'deviceNames',
    'a bare host name',
    ({ truth }) => truth.deviceName !== null && !truth.deviceName.includes('.'),
  ],
  ['deviceNames', 'a renamed device', ({ truth }) => truth.deviceName?.startsWith('renamed-') ?? false],
  [
    'identifiers',
    'a lower-case thumbprint',
    ({ wire, truth }) =>
      /^[0-9a-f]*[a-f][0-9a-f]*$/.test(String(wire.thumbprint)) && wire.thumbprint !== truth.thumbprint,
  ],
  [
    'identifiers',
    'a serial number with leading zeros',
    ({ truth }) => truth.serialNumber!.startsWith('0000'),
  ],
  ['identifiers', 'a non-ASCII name', ({ truth }) => truth.subject?.commonName?.includes('測試') ?? false],
  ['identifiers', 'a very long name', ({ truth }) => (truth.subject?.commonName?.length ?? 0) > 1000],
  [
    'identifiers',
    'a store with spaces',
    ({ wire }) => String(wire.path).includes('Windows Live ID Token Issuer'),
  ],
  ['identifiers', 'a path of another thumbprint', ({ truth }) => !truth.path.endsWith(truth.thumbprint)],
  ['unknownColumns', 'a column that nobody knows', ({ wire }) => 'recommendationReference' in wire],
];

describe('data quirks', () => {
  const plain = createPairs('none');
  const pairs = new Map<QuirkName, Pair[]>();
  for (const [quirk, sign, test] of SIGNS) {
    it(`${quirk}: ${sign}`, () => {
      if (!pairs.has(quirk)) pairs.set(quirk, createPairs([quirk]));
      assert.ok(pairs.get(quirk)!.some(test), 'with the quirk');
      assert.ok(!plain.some(test), 'without quirks');
    });
  }

  it('severalStores: one leaf in two stores of a device', () => {
    const countStores = (quirks: QuirkSelection): number => {
      const stores = new Map<string, Set<string>>();
      for (const { truth } of createPairs(quirks)) {
        if (truth.subjectType !== 'END_ENTITY') continue;
        const key = `${truth.deviceId} ${truth.thumbprint}`;
        stores.set(key, (stores.get(key) ?? new Set()).add(truth.path));
      }
      return Math.max(...[...stores.values()].map((paths) => paths.size));
    };
    assert.equal(countStores(['severalStores']), 2);
    assert.equal(countStores('none'), 1);
  });

  it('duplicates: a record twice, and a device under two groups', () => {
    const groupsOf = (all: Pair[]): Map<string, string[]> => {
      const groups = new Map<string, string[]>();
      for (const { truth } of all) {
        const key = `${truth.deviceId} ${truth.path}`;
        groups.set(key, [...(groups.get(key) ?? []), truth.rbacGroupId]);
      }
      return groups;
    };
    const doubled = [...groupsOf(createPairs(['duplicates'])).values()].filter((groups) => groups.length > 1);
    assert.ok(
      doubled.some(([first, second]) => first === second),
      'twice in one group',
    );
    assert.ok(
      doubled.some(([first, second]) => first !== second),
      'in two groups',
    );
    assert.ok([...groupsOf(plain).values()].every((groups) => groups.length === 1));
  });

  it('deviceNames: one name on several devices', () => {
    const cloned = createPairs(['deviceNames']).filter(({ truth }) =>
      truth.deviceName?.startsWith('desktop-template'),
    );
    assert.ok(new Set(cloned.map(({ truth }) => truth.deviceId)).size > 1);
  });

  it('groups: a group is renamed from one export to the next', () => {
    const nameOf = (generation: number): string | null | undefined =>
      createPairs(['groups'], 'current', generation).find(({ truth }) => truth.rbacGroupId === '12')?.truth
        .rbacGroupName;
    assert.deepEqual([nameOf(0), nameOf(1)], ['Workstations APAC', 'Workstations Asia Pacific']);
  });

  it('unknownColumns: the columns are gone in the next export', () => {
    assert.ok(
      createPairs(['unknownColumns'], 'current', 1).every(({ wire }) => !('recommendationReference' in wire)),
    );
  });

  it('brokenRecords: each way of being broken, none of which is part of "all"', () => {
    const reasons = new Set(createPairs(['brokenRecords']).map(({ truth }) => truth.malformed));
    assert.deepEqual([...reasons].sort(), [
      'DEVICE_ID_MISSING',
      'NOT_AN_OBJECT',
      'PATH_MISSING',
      'THUMBPRINT_MALFORMED',
      'THUMBPRINT_MISSING',
      null,
    ]);
    assert.ok(createPairs('all').every(({ truth }) => truth.malformed === null));
  });

  it('realistic: mostly plain, with a few certificates that the agent could not read', () => {
    const all = createPairs('realistic');
    const unread = all.filter(({ truth }) => truth.keySize === null && truth.signatureAlgorithm === null);
    assert.ok(unread.length > 0 && unread.length < all.length / 50, `${unread.length} of ${all.length}`);
  });
});
