import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMakeCursor, findDigest } from '../../../bench/serving/cursors.ts';
import { decodeCursor } from '../../../src/graphql/cursor.ts';

const ANCHOR = { notAfter: 1_700_000_000, deviceId: 'abc' };
const DIGESTS = { certificates: 'c0', devices: 'd0' };

test('no cursor is made twice', () => {
  for (const dialect of ['gateway', 'postgraphile'] as const) {
    const makeCursor = createMakeCursor(dialect, DIGESTS);
    for (const table of ['certificates', 'devices'] as const) {
      const made = Array.from({ length: 1_000 }, () => makeCursor(table, ANCHOR));
      assert.equal(new Set(made).size, made.length);
    }
  }
});

test('the gateway takes its cursors for places in the orders that the questions have', () => {
  const makeCursor = createMakeCursor('gateway');
  const certificate = decodeCursor(
    makeCursor('certificates', ANCHOR),
    { type: 'Certificate', field: 'NOT_AFTER', direction: 'ASC', valueType: 'number', identityLength: 1 },
    'after',
  );
  assert.equal(certificate.value, ANCHOR.notAfter);
  assert.match(certificate.identity[0]!, /^[0-9A-F]{40}$/);
  const device = decodeCursor(
    makeCursor('devices', ANCHOR),
    { type: 'Device', field: 'DEVICE_ID', direction: 'ASC', valueType: 'number', identityLength: 1 },
    'after',
  );
  assert.match(device.identity[0]!, /^abc-\d+$/);
});

test('a cursor of PostGraphile begins with the digest of its order', () => {
  const makeCursor = createMakeCursor('postgraphile', DIGESTS);
  assert.equal(findDigest(makeCursor('certificates', ANCHOR)), 'c0');
  assert.equal(findDigest(makeCursor('devices', ANCHOR)), 'd0');
});
