import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PIECE_BYTES, toPieces } from '../../../src/http/answer-pieces.ts';

test('pieces are views of the bytes that together are all of them, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 4 * PIECE_BYTES }), async (length) => {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 251));
      const pieces: Buffer[] = [];
      for await (const piece of toPieces([bytes])) pieces.push(piece);
      assert.deepEqual(Buffer.concat(pieces), bytes);
      for (const piece of pieces) {
        assert.ok(piece.length <= PIECE_BYTES);
        assert.equal(piece.buffer, bytes.buffer, 'a view, no copy');
      }
    }),
    { numRuns: 20 },
  );
});
