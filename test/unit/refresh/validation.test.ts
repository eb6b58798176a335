import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServedSnapshot } from '../../../src/refresh/refresh-job.ts';
import {
  DEFAULT_VALIDATION_LIMITS,
  type SnapshotCandidate,
  validateSnapshot,
} from '../../../src/refresh/validation.ts';

const candidate: SnapshotCandidate = {
  certificateCount: 100,
  deviceCount: 100,
  installationCount: 100,
  recordsRead: 100,
  recordsRejected: 0,
  filesTotal: 2,
  filesDone: 2,
};
const previous: ServedSnapshot = {
  revision: 1,
  publishedAtMs: 0,
  generatedAtMs: null,
  certificateCount: 100,
  deviceCount: 100,
  installationCount: 100,
};

test('accepts a first snapshot, and one like the last', () => {
  validateSnapshot(candidate, null);
  validateSnapshot(candidate, previous);
});

test('has documented, frozen defaults', () => {
  assert.deepEqual(DEFAULT_VALIDATION_LIMITS, {
    minimumRecords: 1,
    maximumShrinkShare: 0.5,
    shrinkComparedFrom: 100,
    maximumRejectedShare: 0.1,
  });
  assert.ok(Object.isFrozen(DEFAULT_VALIDATION_LIMITS));
});

test('refuses an empty snapshot, the first one too', () => {
  assert.throws(
    () =>
      validateSnapshot(
        { ...candidate, installationCount: 0, recordsRead: 0, filesTotal: 1, filesDone: 1 },
        null,
      ),
    {
      code: 'SNAPSHOT_EMPTY',
      retryable: false,
      message:
        'A snapshot must hold at least 1 record, but the inventory of 1 file holds 0. Nothing was published. ' +
        'Check that the tenant has the Defender Vulnerability Management add-on and that its Windows devices are onboarded. ' +
        'The limit is SNAPSHOT_MINIMUM_RECORDS.',
    },
  );
});

test('refuses fewer records than the minimum that was set', () => {
  const limits = { ...DEFAULT_VALIDATION_LIMITS, minimumRecords: 101 };
  assert.throws(() => validateSnapshot(candidate, null, limits), {
    code: 'SNAPSHOT_EMPTY',
    message: /at least 101 records, but the inventory of 2 files holds 100\./,
  });
  validateSnapshot(candidate, null, { ...limits, minimumRecords: 100 });
});

test('refuses fewer than half of the last records, devices or certificates', () => {
  for (const [field, name] of [
    ['installationCount', 'records'],
    ['deviceCount', 'devices'],
    ['certificateCount', 'certificates'],
  ] as const) {
    validateSnapshot({ ...candidate, [field]: 50 }, previous);
    assert.throws(() => validateSnapshot({ ...candidate, [field]: 49 }, previous), {
      code: 'SNAPSHOT_SHRUNK',
      retryable: false,
      message:
        `The number of ${name} may fall by at most 50 % from one snapshot to the next, but fell from 100 to 49. ` +
        'Nothing was published. Check in the Defender portal whether the fleet, its licences or what this credential ' +
        'may see has shrunk. The limit is SNAPSHOT_MAXIMUM_SHRINK.',
    });
  }
});

test('lets a count that was below a hundred shrink at will', () => {
  validateSnapshot({ ...candidate, deviceCount: 1 }, { ...previous, deviceCount: 99 });
});

test('refuses more than a tenth of rejected records', () => {
  validateSnapshot({ ...candidate, recordsRejected: 10 }, null);
  assert.throws(() => validateSnapshot({ ...candidate, recordsRejected: 11 }, null), {
    code: 'SNAPSHOT_REJECTED_RECORDS',
    retryable: false,
    message:
      'At most 10 % of the records may be malformed, but 11 of 100 are. Nothing was published. See the log for reasons ' +
      'and samples: Defender may have changed the form of its records, which takes a newer gateway. The limit is ' +
      'SNAPSHOT_MAXIMUM_REJECTED.',
  });
});

test('takes shares of whole percents exactly, whatever binary fractions make of them', () => {
  const property = fc.property(
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 1, max: 10_000_000 }),
    fc.integer({ min: -1, max: 1 }),
    (percent, hundreds, beyond) => {
      // So many hundreds have a whole share: `lost` is just that, one less, or one more.
      const count = hundreds * 100;
      const lost = percent * hundreds + beyond;
      fc.pre(lost >= 0 && lost <= count);
      const limits = {
        ...DEFAULT_VALIDATION_LIMITS,
        minimumRecords: 0,
        maximumShrinkShare: percent / 100,
        maximumRejectedShare: percent / 100,
      };
      const shrunk = { ...candidate, installationCount: count - lost };
      const served = { ...previous, installationCount: count };
      const malformed = { ...candidate, recordsRead: count, recordsRejected: lost };
      if (beyond <= 0) {
        validateSnapshot(shrunk, served, limits);
        validateSnapshot(malformed, null, limits);
      } else {
        assert.throws(() => validateSnapshot(shrunk, served, limits), { code: 'SNAPSHOT_SHRUNK' });
        assert.throws(() => validateSnapshot(malformed, null, limits), { code: 'SNAPSHOT_REJECTED_RECORDS' });
      }
    },
  );
  fc.assert(property);
});

test('lets everything through where the settings say so', () => {
  const limits = {
    ...DEFAULT_VALIDATION_LIMITS,
    minimumRecords: 0,
    maximumShrinkShare: 1,
    maximumRejectedShare: 1,
  };
  const nothing = { ...candidate, certificateCount: 0, deviceCount: 0, installationCount: 0 };
  validateSnapshot({ ...nothing, recordsRejected: 100 }, previous, limits);
});

test('names malformed records, not emptiness, when every record is refused', () => {
  const unreadable = { ...candidate, installationCount: 0, recordsRejected: 100 };
  assert.throws(() => validateSnapshot(unreadable, previous), { code: 'SNAPSHOT_REJECTED_RECORDS' });
});

test('refuses a source that was not read to its end, and lets it be retried', () => {
  assert.throws(() => validateSnapshot({ ...candidate, filesDone: 1 }, null), {
    code: 'SNAPSHOT_INCOMPLETE',
    retryable: true,
    message:
      'Every listed file must be read to its end, but 1 of 2 were. Nothing was published; the refresh is tried again by itself.',
  });
});

test('does not miss files that the source does not count', () => {
  validateSnapshot({ ...candidate, filesDone: null }, null);
});
