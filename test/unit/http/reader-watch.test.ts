import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createReaderWatch, LOOKS_WITHOUT_PROGRESS } from '../../../src/http/reader-watch.ts';

/** What one look finds: bytes that wait, and bytes that have been taken since the look before; `null` = no connection. */
const look = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.record({ waiting: fc.constant(0), taken: fc.nat(1) }) },
  { weight: 30, arbitrary: fc.record({ waiting: fc.constant(100), taken: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ waiting: fc.constant(100), taken: fc.constant(1) }) },
);

test('an answer is cut at the first look at which nothing of it was taken for so many looks while it waited', () => {
  let cuts = 0;
  fc.assert(
    fc.property(fc.array(look, { maxLength: 60, size: 'max' }), (looks) => {
      const watch = createReaderWatch();
      const socket = { bytesWritten: 0, writableLength: 0, isDestroyed: false, destroy: () => socket };
      socket.destroy = () => {
        socket.isDestroyed = true;
        return socket;
      };
      const answer: { socket: never | null } = { socket: null };
      const other = { socket: null };
      let takenBytes = 0;
      let quiet = 0;
      for (const found of looks) {
        if (found === null || found.waiting === 0) quiet = 0;
        else quiet = found.taken > 0 || quiet === 0 ? 1 : quiet + 1;
        takenBytes += found?.taken ?? 0;
        Object.assign(socket, {
          bytesWritten: takenBytes + (found?.waiting ?? 0),
          writableLength: found?.waiting ?? 0,
        });
        answer.socket = found === null ? null : (socket as never);
        watch.look([other, answer]);
        const isDue = quiet > LOOKS_WITHOUT_PROGRESS;
        assert.deepEqual(
          [socket.isDestroyed, watch.wasCut(answer), watch.wasCut(other)],
          [isDue, isDue, false],
        );
        if (isDue) {
          cuts += 1;
          return;
        }
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(cuts > 0);
});
