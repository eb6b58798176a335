import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRefused } from '../../src/refused-command.ts';
import { createFakeSnapshot } from '../support/refresh-fixtures.ts';

const { manifest } = createFakeSnapshot({
  generatedAtMs: Date.UTC(2026, 0, 15, 6),
  installationCount: 1_234,
  quality: {
    recordsRead: 1_300,
    recordsRejected: 66,
    duplicateRecords: 0,
    conflictingRecords: 2,
    unknownColumns: ['color', 'si\u001bze'],
    rejections: [
      { reason: 'PATH_MISSING', count: 66, samples: ['{"DeviceId":"d1"}', '\u001b[2J\u202egone'] },
    ],
  },
});

const report = {
  refusedAtMs: Date.UTC(2026, 0, 15, 12),
  code: 'SNAPSHOT_SHRUNK',
  message: 'Too small.',
  filesTotal: 12,
  gatewayVersion: '1.2.3',
  served: {
    revision: 7,
    publishedAtMs: Date.UTC(2026, 0, 15, 0, 30),
    generatedAtMs: null,
    certificateCount: 400,
    deviceCount: 250,
    installationCount: 10_000,
  },
};

test('shows what was refused beside what was served, and text of records as text', () => {
  assert.deepEqual(describeRefused({ digest: 'd', manifest, report, approvedAtMs: null }), [
    'A snapshot was refused at 2026-01-15T12:00:00Z, and is kept aside.',
    '',
    'SNAPSHOT_SHRUNK: Too small.',
    '',
    'Read from 12 export files, generated at 2026-01-15T06:00:00Z.',
    'Served when it was refused: revision 7, published at 2026-01-15T00:30:00Z.',
    '',
    '                       refused        served',
    '  records                1,234        10,000',
    '  devices                  200           250',
    '  certificates             300           400',
    '',
    'Records read: 1,300; malformed 66, duplicate 0, conflicting 2.',
    '  PATH_MISSING: 66, for instance',
    '    {"DeviceId":"d1"}',
    '    \u{FFFD}[2J\u{FFFD}gone',
    'Unknown columns: color, si\u{FFFD}ze',
    '',
    'To have it published all the same: npm run refused -- publish',
  ]);
});

test('says that nothing was served, that it came in pages, and that it is approved', () => {
  const lines = describeRefused({
    digest: 'd',
    manifest: { ...manifest, source: 'PAGED', generatedAtMs: null },
    report: { ...report, served: null },
    approvedAtMs: Date.UTC(2026, 0, 15, 13),
  });
  assert.ok(lines.includes('Read from 12 pages, generated at a time not said.'));
  assert.ok(lines.includes('Nothing was served when it was refused.'));
  assert.ok(lines.includes('  records                1,234             -'));
  assert.ok(lines.includes('It was approved at 2026-01-15T13:00:00Z.'));
});
