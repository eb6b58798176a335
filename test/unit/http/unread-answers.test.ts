import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AnswerOwner,
  createUnreadAnswers,
  type UnreadAnswer,
} from '../../../src/http/unread-answers.ts';

const LIMITS = { callerBytes: 100, threadBytes: 250 };
const OWNERS: readonly AnswerOwner[] = ['a', 'b', 'c', 'd', null];

interface Opened {
  readonly owner: AnswerOwner;
  readonly answer: UnreadAnswer;
  leave: (() => void) | undefined;
  /** Of what was expected; `undefined` while it is not counted. */
  expected: number | undefined;
  made: number | undefined;
  state: 'open' | 'waiting' | 'begun' | 'made' | 'over';
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('open' as const), owner: fc.constantFrom(...OWNERS) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('expect' as const, 'become' as const),
        index: fc.nat(30),
        bytes: fc.nat(120),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'leave' as const), index: fc.nat(30) }),
    },
  ),
  { maxLength: 120, size: 'max' },
);

test('whatever is expected, made and read: the sums are those of what is open, and nobody waits who has room', () => {
  let waits = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const opened: Opened[] = [];
      const sum = (owner: AnswerOwner | 'all', key: 'made' | 'expected') =>
        opened
          .filter((one) => (owner === 'all' || one.owner === owner) && one.state !== 'over')
          .reduce((total, one) => total + (one[key] ?? 0), 0);
      const isWithin = (owner: AnswerOwner, own: number, all: number) =>
        all < LIMITS.threadBytes ? owner === null || own < LIMITS.callerBytes : owner !== null && own === 0;
      const hasRoomForDear = (owner: AnswerOwner) =>
        isWithin(
          owner,
          sum(owner, 'made') + sum(owner, 'expected'),
          sum('all', 'made') + sum('all', 'expected'),
        );
      const unread = createUnreadAnswers(LIMITS, () => undefined);
      for (const step of list) {
        if (step.do === 'open') {
          opened.push({
            owner: step.owner,
            answer: unread.open(step.owner),
            leave: undefined,
            expected: undefined,
            made: undefined,
            state: 'open',
          });
        } else {
          const one = opened[step.index % Math.max(1, opened.length)];
          if (one === undefined || one.state === 'over') continue;
          if (step.do === 'expect' && one.state === 'open') {
            one.state = 'waiting';
            one.leave = one.answer.expect(step.bytes, () => {
              assert.equal(one.state, 'waiting');
              assert.ok(hasRoomForDear(one.owner));
              one.state = 'begun';
              one.expected = step.bytes;
            });
            if (one.leave !== undefined) waits += 1;
          } else if (step.do === 'become' && one.state !== 'waiting') {
            one.state = 'made';
            one.expected = undefined;
            one.made = step.bytes;
            one.answer.become(step.bytes);
          } else if (step.do === 'leave' && one.state === 'waiting') {
            one.state = 'over';
            one.leave!();
          } else if (step.do === 'release' && one.state !== 'waiting') {
            one.state = 'over';
            one.answer.release();
            one.answer.release();
          }
        }
        for (const owner of OWNERS) {
          assert.equal(unread.bytesOf(owner), sum(owner, 'made'));
          assert.equal(unread.hasRoom(owner), isWithin(owner, sum(owner, 'made'), sum('all', 'made')));
        }
        // Who leaves the line lets nobody in: what was counted is still counted.
        for (const one of opened) if (one.state === 'waiting') assert.equal(hasRoomForDear(one.owner), false);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(waits > 100, `${waits} waited`);
});
