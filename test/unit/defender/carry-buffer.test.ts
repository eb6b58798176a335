import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCarryBuffer } from '../../../src/defender/carry-buffer.ts';

const tooLong = (): Error => new Error('too long');

describe('carry buffer', () => {
  it('gives back all pieces in one, however far they make it grow', () => {
    const carry = createCarryBuffer(10_000_000, tooLong);
    const pieces = Array.from({ length: 300 }, (_, index) => Buffer.alloc(1_000 + index, index % 251));
    for (const piece of pieces) carry.append(piece, 1, piece.length);
    assert.deepEqual(carry.take(), Buffer.concat(pieces.map((piece) => piece.subarray(1))));
    assert.equal(carry.sizeBytes, 0);
  });

  it('refuses what is longer than its bound', () => {
    const carry = createCarryBuffer(10, tooLong);
    carry.append(Buffer.alloc(10), 0, 10);
    assert.throws(() => carry.append(Buffer.alloc(1), 0, 1), /too long/);
  });
});
