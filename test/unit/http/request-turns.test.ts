import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRequestTurns, TURN_MS } from '../../../src/http/request-turns.ts';

/** An event loop that turns when it is told to, and a clock that only moves while requests are begun. */
function createLoop() {
  let actions: (() => void)[] = [];
  let nowMs = 1_000;
  return {
    monotonicNowMs: () => nowMs,
    spend: (durationMs: number) => {
      nowMs += durationMs;
    },
    inNextTurn: (action: () => void) => void actions.push(action),
    turn: () => {
      const due = actions;
      actions = [];
      for (const action of due) action();
    },
    get isQuiet() {
      return actions.length === 0;
    },
  };
}

const owner = fc.nat(3);
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('enter' as const),
        owner,
        costMs: fc.constantFrom(0, 1, 3, 20),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), index: fc.nat(80) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), owner }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wake' as const), owner }) },
  ),
  { maxLength: 120, size: 'max' },
);

interface Entered {
  readonly owner: number;
  readonly leave: (() => void) | undefined;
  state: 'waiting' | 'begun' | 'left';
}

test('whatever comes, leaves and is held: each is begun once, of each owner in order, and a turn ends in time', () => {
  let longestQueue = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const loop = createLoop();
      const held = new Set<number>();
      const entered: Entered[] = [];
      let spentMs = 0;
      const turns = createRequestTurns<number>({ ...loop, mayBegin: (one) => !held.has(one) });
      const isWaiting = ({ state }: Entered) => state === 'waiting';

      function enter(one: number, costMs: number): void {
        const index = entered.length;
        let isBegun = false;
        const leave = turns.enter(one, () => {
          assert.equal(held.has(one), false, 'a held owner');
          assert.ok(spentMs < TURN_MS, `${spentMs} ms were spent in this turn before`);
          assert.ok(!isBegun && entered[index]?.state !== 'left', 'twice, or after it had left');
          assert.deepEqual(
            entered.filter((other) => other.owner === one && isWaiting(other)).slice(0, 1),
            entered.slice(index, index + 1),
          );
          isBegun = true;
          if (entered[index] !== undefined) entered[index].state = 'begun';
          spentMs += costMs;
          loop.spend(costMs);
        });
        assert.equal(leave === undefined, isBegun);
        entered.push({ owner: one, leave, state: isBegun ? 'begun' : 'waiting' });
      }

      function turn(): void {
        spentMs = 0;
        loop.turn();
        spentMs = 0;
      }

      for (const step of list) {
        if (step.do === 'turn') turn();
        else if (step.do === 'enter') {
          const isQuiet = loop.isQuiet && !entered.some(isWaiting) && !held.has(step.owner);
          enter(step.owner, step.costMs);
          const isBegun = entered.at(-1)!.state === 'begun';
          if (isQuiet) assert.ok(isBegun, 'nobody waited');
          const passedOver = entered.filter((one) => isWaiting(one) && !held.has(one.owner));
          if (isBegun) assert.deepEqual(passedOver, [], 'out of turn');
        } else if (step.do === 'hold') held.add(step.owner);
        else if (step.do === 'wake') {
          held.delete(step.owner);
          turns.wake();
        } else {
          const one = entered[step.index];
          if (one?.state !== 'waiting') continue;
          one.leave!();
          one.state = 'left';
        }
        assert.equal(turns.waiting, entered.filter(isWaiting).length);
        longestQueue = Math.max(longestQueue, turns.waiting);
      }
      held.clear();
      turns.wake();
      for (let count = 0; count <= entered.length + 1 && !loop.isQuiet; count += 1) turn();
      assert.ok(loop.isQuiet, 'an idle loop has nothing to do');
      assert.deepEqual(entered.filter(isWaiting), []);
    }),
    { numRuns: 500 },
  );
  assert.ok(longestQueue > 5);
});

test('where all who wait are held, the loop is left alone until somebody is let go', () => {
  const loop = createLoop();
  let isHeld = true;
  const begun: string[] = [];
  const turns = createRequestTurns<string>({ ...loop, mayBegin: (one) => one !== 'held' || !isHeld });
  for (const name of ['held', 'held', 'held']) turns.enter(name, () => begun.push(name));
  loop.turn();
  assert.deepEqual([begun, loop.isQuiet], [[], true]);
  turns.enter('free', () => begun.push('free'));
  assert.deepEqual(begun, ['free'], 'who is not held goes first, at once');
  isHeld = false;
  turns.wake();
  loop.turn();
  assert.deepEqual(begun, ['free', 'held', 'held', 'held']);
});

test('a burst of one caller is begun a few milliseconds a turn, and another caller goes after the first of them', () => {
  const loop = createLoop();
  const turns = createRequestTurns<string>(loop);
  const begun: string[] = [];
  const enter = (name: string) =>
    turns.enter(name, () => {
      begun.push(name);
      loop.spend(2);
    });
  for (let count = 0; count < 100; count += 1) enter('burst');
  assert.equal(begun.length, 3, 'at 0, 2 and 4 ms');
  enter('other');
  loop.turn();
  assert.deepEqual(begun.slice(3), ['burst', 'other', 'burst']);
});
