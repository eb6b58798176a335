import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeats, type LeaveSeat } from '../../../../src/graphql/admission/seats.ts';

const never = () => () => undefined;

/** Requests that come by name, the first letter being the caller's, and can be ended. */
function createRow(maximumWaiting?: number) {
  const seats = createSeats(maximumWaiting);
  const entered: string[] = [];
  const refused: string[] = [];
  const ends = new Map<string, (end: Error) => void>();
  let leave: LeaveSeat = () => undefined;
  return {
    entered,
    refused,
    ends,
    leave: () => leave(),
    come: (name: string) =>
      void seats
        .take(name[0]!, (onEnd) => {
          ends.set(name, onEnd);
          return () => ends.delete(name);
        })
        .then(
          (own) => {
            entered.push(name);
            leave = own;
          },
          ({ message }) => refused.push(`${name}: ${message}`),
        ),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('dear operations', () => {
  test('are let in one at a time, the callers in turn, each caller in the order it came', async () => {
    const { entered, come, leave } = createRow();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) come(name);
    for (let count = 1; count <= 6; count += 1) {
      await settled();
      assert.equal(entered.length, count);
      leave();
    }
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
    come('d1');
    await settled();
    assert.equal(entered.at(-1), 'd1');
  });

  test('give up a seat once, however often they say so', async () => {
    const seats = createSeats();
    const leave = await seats.take('a', never);
    const second = seats.take('b', never);
    const third = seats.take('c', never);
    leave();
    leave();
    (await second)();
    (await third)();
  });

  test('are taken out by the end of their request, and keep nobody behind them', async () => {
    const { entered, refused, ends, come, leave } = createRow();
    for (const name of ['a1', 'b1', 'b2', 'c1']) come(name);
    await settled();
    ends.get('b1')!(new Error('gone'));
    ends.get('c1')!(new Error('gone'));
    leave();
    await settled();
    assert.deepEqual(
      [entered, refused],
      [
        ['a1', 'b2'],
        ['b1: gone', 'c1: gone'],
      ],
    );
    // Who was let in is no longer watched.
    assert.deepEqual([...ends.keys()], ['b1', 'c1']);
    leave();
    come('c2');
    await settled();
    assert.equal(entered.at(-1), 'c2');
  });

  test('are refused when as many of their caller wait as may; others are let in', async () => {
    const { entered, refused, come, leave } = createRow(2);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) come(name);
    await settled();
    assert.equal(refused.length, 1);
    assert.match(refused[0]!, /^a4: A caller may have at most 2 dear operations that wait/);
    for (let count = 2; count <= 4; count += 1) {
      leave();
      await settled();
      assert.equal(entered.length, count);
    }
    assert.deepEqual(entered, ['a1', 'a2', 'b1', 'a3']);
  });
});
