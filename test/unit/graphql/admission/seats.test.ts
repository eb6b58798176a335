import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeats, type LeaveSeat } from '../../../../src/graphql/admission/seats.ts';
import { CHEAP_COST } from '../../../../src/graphql/request-account.ts';

const DEAR = CHEAP_COST + 1;

describe('dear operations', () => {
  test('are let in one at a time, the callers in turn, each caller in the order it came', async () => {
    const seats = createSeats();
    const entered: string[] = [];
    let leave: LeaveSeat = () => undefined;
    const come = (name: string) =>
      void seats.take(name[0]!, DEAR)?.then((own) => {
        entered.push(name);
        leave = own;
      });
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) come(name);
    for (let count = 1; count <= 6; count += 1) {
      await Promise.resolve();
      assert.equal(entered.length, count);
      const own = leave;
      own();
      // A seat is given up once, however often that is said.
      own();
    }
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
    come('d1');
    await Promise.resolve();
    assert.equal(entered.at(-1), 'd1');
  });

  test('keep nobody waiting who asks for little', () => {
    const seats = createSeats();
    void seats.take('a', DEAR);
    assert.equal(seats.take('a', CHEAP_COST), undefined);
    assert.ok(seats.take('b', DEAR) instanceof Promise);
  });
});
