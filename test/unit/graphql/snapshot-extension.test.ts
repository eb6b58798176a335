import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findExpiry, toSnapshotExtension } from '../../../src/graphql/snapshot-extension.ts';
import { openSmallInventory } from '../../support/small-inventory.ts';

const { manifest } = openSmallInventory();

describe('what is said of a snapshot beside the data', () => {
  it('is its node id, revision, and when Defender generated it, if it said so', () => {
    const extension = toSnapshotExtension({ ...manifest, id: 'a', generatedAtMs: 1_999 });
    assert.deepEqual(extension, { id: 'WyJTIiwiYSJd', revision: 7, generatedAt: '1970-01-01T00:00:01Z' });
    assert.equal(toSnapshotExtension({ ...manifest, generatedAtMs: null }).generatedAt, null);
  });

  it('is when it expires, counted from its publication; zero is never', () => {
    assert.equal(findExpiry(manifest, 1_000), manifest.publishedAtMs + 1_000);
    assert.equal(findExpiry(manifest, 0), null);
  });
});
