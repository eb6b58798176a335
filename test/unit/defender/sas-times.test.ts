import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSasExpiry, findSasStart } from '../../../src/defender/sas-times.ts';

const url = (query: string) => new URL(`https://host/file?${query}`);

describe('times of a shared access signature', () => {
  it('are those of the signature or of its key, whichever leave less', () => {
    const query =
      'st=2026-01-01T08:00:00Z&skt=2026-01-01T09:00:00Z&se=2026-01-01T12:00:00Z&ske=2026-01-01T11:00:00Z';
    assert.equal(findSasStart(url(query)), Date.UTC(2026, 0, 1, 9));
    assert.equal(findSasExpiry(url(query)), Date.UTC(2026, 0, 1, 11));
    assert.equal(findSasStart(url('st=2026-01-01')), Date.UTC(2026, 0, 1));
    assert.equal(findSasExpiry(url('se=2026-01-01T12%3A00%3A00Z')), Date.UTC(2026, 0, 1, 12));
  });

  it('are unknown where the address does not name them', () => {
    assert.deepEqual([findSasStart(url('sig=1')), findSasExpiry(url('se=soon'))], [null, null]);
  });
});
