import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFairQueue } from '../../../src/http/fair-queue.ts';

type Step =
  | { readonly do: 'add'; readonly owner: number }
  | { readonly do: 'take'; readonly held: readonly number[] }
  | { readonly do: 'remove'; readonly index: number };

const owner = fc.nat(4);
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), owner }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), held: fc.subarray([0, 1, 2]) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), index: fc.nat(60) }) },
  ) satisfies fc.Arbitrary<Step>,
  { maxLength: 120, size: 'max' },
);

interface Item {
  readonly owner: number;
  readonly number: number;
}

test('whatever is added, taken and removed: no owner twice before another that waits, each in order, nothing lost or twice', () => {
  let turns = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const queue = createFairQueue<number, Item>();
      const added: Item[] = [];
      const left = new Set<Item>();
      const waitingOf = (one: number) => added.filter((item) => item.owner === one && !left.has(item));
      /** Owners passed over since each owner was served last: whoever is in it must be served before. */
      const owed = new Map<number, Set<number>>();
      for (const step of list) {
        if (step.do === 'add') {
          const item = { owner: step.owner, number: added.length };
          added.push(item);
          queue.add(step.owner, item);
        } else if (step.do === 'remove') {
          const item = added[step.index];
          if (item === undefined) continue;
          queue.remove(item.owner, item);
          left.add(item);
        } else {
          const mayBeServed = (one: number) => !step.held.includes(one);
          const owners = [0, 1, 2, 3, 4].filter((one) => waitingOf(one).length > 0);
          const item = queue.take(mayBeServed);
          if (item === undefined) {
            assert.deepEqual(owners.filter(mayBeServed), []);
            continue;
          }
          assert.equal(item, waitingOf(item.owner)[0], 'the first that its owner has');
          assert.ok(mayBeServed(item.owner));
          const passedOver = [...(owed.get(item.owner) ?? [])].filter(
            (one) => mayBeServed(one) && waitingOf(one).length > 0,
          );
          assert.deepEqual(passedOver, [], 'owners that waited since this one was served last');
          if ((owed.get(item.owner)?.size ?? 0) > 0 || owners.length > 1) turns += 1;
          left.add(item);
          for (const others of owed.values()) others.delete(item.owner);
          owed.set(item.owner, new Set(owners.filter((one) => one !== item.owner)));
        }
        for (const others of owed.values())
          for (const one of others) if (waitingOf(one).length === 0) others.delete(one);
        assert.equal(queue.size, added.length - left.size);
        for (const one of [0, 1, 2, 3, 4]) assert.equal(queue.sizeOf(one), waitingOf(one).length);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(turns > 100, `${turns} times somebody else waited`);
});
