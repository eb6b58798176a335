/** Faults of what the export endpoint lists: 29 and 30. */

import { HOUR_MS } from '../../../src/core/units.ts';
import { type FaultCase, READ } from '../fault-case.ts';

const NOTHING = 'nothing';
const LISTED = { token: 1, export: 1 };

export const LISTING_CASES: readonly FaultCase[] = [
  ...(['listing-empty', 'listing-null'] as const).map(
    (name): FaultCase => ({
      family: 29,
      faults: [name],
      expected: {
        outcome: 'REJECTED',
        code: 'SNAPSHOT_EMPTY',
        says: /0 files holds 0.*Vulnerability Management/,
        calls: LISTED,
      },
      todo: 'check the licence, and that Windows devices are onboarded',
    }),
  ),
  {
    family: 29,
    faults: ['listing-doubled'],
    expected: { outcome: 'PUBLISHED', calls: READ },
    todo: NOTHING,
  },
  {
    family: 29,
    name: 'hundreds of files',
    faults: [],
    tenant: { devices: 300, recordsPerDevice: 1, recordsPerFile: 1 },
    expected: { outcome: 'PUBLISHED', calls: { token: 1, export: 1, blob: 303 } },
    todo: NOTHING,
  },
  {
    family: 29,
    faults: ['listing-huge'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_INVALID_RESPONSE',
      says: /lists 100001 files, and at most 100000/,
      calls: LISTED,
    },
    todo: 'look at what answers at `DEFENDER_API_URL`',
  },
  {
    family: 29,
    faults: ['listing-foreign'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_HOST_REFUSED',
      says: /https:\/\/files\.example\.test.*DEFENDER_DOWNLOAD_HOSTS/,
      calls: LISTED,
    },
    todo: "if the host is Microsoft's, add it to `DEFENDER_DOWNLOAD_HOSTS`",
  },
  {
    family: 29,
    faults: ['part-empty'],
    expected: { outcome: 'PUBLISHED', calls: { ...READ, blob: READ.blob + 1 } },
    todo: NOTHING,
  },
  {
    family: 30,
    faults: ['generated-null'],
    expected: { outcome: 'PUBLISHED', calls: READ },
    todo: NOTHING,
  },
  {
    family: 30,
    faults: ['generated-older'],
    expected: { outcome: 'UNCHANGED', calls: LISTED, afterwards: 'PUBLISHED' },
    todo: 'nothing: time does not run backwards for readers',
  },
  {
    family: 30,
    name: 'the same export once more, in a new container',
    faults: [],
    afterMs: HOUR_MS,
    expected: { outcome: 'UNCHANGED', calls: LISTED, afterwards: 'UNCHANGED' },
    todo: 'nothing: no file is downloaded',
  },
];
