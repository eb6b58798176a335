/**
 * How much of the memory of a thread answers take that nobody has read yet, by caller: those that are on their way, and those
 * that operations under way will come to. A caller, or a thread, that has too much of it waiting has no further ones made.
 *
 * A dear operation is counted before it is executed, at what its answer is likely to have: counted afterwards, a hundred of
 * them would be executed before the first is seen to be unread.
 */

import { MEBIBYTE } from '../core/units.ts';
import { createFairQueue } from './fair-queue.ts';

/** Who is counted by itself: an identified caller by its id. `null` is everybody who is not identified, together. */
export type AnswerOwner = string | null;

export interface UnreadLimits {
  /** Of one identified caller. */
  readonly callerBytes: number;
  /** Of the thread. A caller of whom nothing waits may still have one answer; those not identified may not. */
  readonly threadBytes: number;
}

export const UNREAD_LIMITS: UnreadLimits = { callerBytes: 32 * MEBIBYTE, threadBytes: 256 * MEBIBYTE };

/** One request, from before its answer is made until it is read. */
export interface UnreadAnswer {
  /**
   * Counts what the answer is expected to have, when there is room for it.
   *
   * @param begin called once that is counted, now or later
   * @returns what gives that up; `undefined` when it has been counted
   */
  expect(bytes: number, begin: () => void): (() => void) | undefined;
  /** Counts what it has, in the place of what was expected. */
  become(bytes: number): void;
  /** It is read, or nobody ever will: nothing is counted any more. Further calls do nothing. */
  release(): void;
}

export interface UnreadAnswers {
  /** Bytes of made answers that wait for their readers. */
  bytesOf(owner: AnswerOwner): number;
  /** Whether a further request of this owner may be begun. */
  hasRoom(owner: AnswerOwner): boolean;
  open(owner: AnswerOwner): UnreadAnswer;
}

interface Count {
  made: number;
  expected: number;
}

/** @param onRoom told when something was released */
export function createUnreadAnswers(limits: UnreadLimits, onRoom: () => void): UnreadAnswers {
  const counts = new Map<AnswerOwner, Count>();
  const total: Count = { made: 0, expected: 0 };
  const line = createFairQueue<AnswerOwner, () => void>();
  const findCount = (owner: AnswerOwner): Count => counts.get(owner) ?? { made: 0, expected: 0 };

  function add(owner: AnswerOwner, { made, expected }: Count): void {
    const count = findCount(owner);
    count.made += made;
    count.expected += expected;
    total.made += made;
    total.expected += expected;
    if (count.made === 0 && count.expected === 0) counts.delete(owner);
    else counts.set(owner, count);
  }

  function isWithin(own: number, all: number, owner: AnswerOwner): boolean {
    if (owner === null) return all < limits.threadBytes;
    return own < limits.callerBytes && (all < limits.threadBytes || own === 0);
  }

  function hasRoom(owner: AnswerOwner): boolean {
    return isWithin(findCount(owner).made, total.made, owner);
  }

  function hasRoomForDear(owner: AnswerOwner): boolean {
    const { made, expected } = findCount(owner);
    return isWithin(made + expected, total.made + total.expected, owner);
  }

  function letIn(): void {
    for (let begin = line.take(hasRoomForDear); begin !== undefined; begin = line.take(hasRoomForDear))
      begin();
  }

  function open(owner: AnswerOwner): UnreadAnswer {
    let isReleased = false;
    let made = 0;
    let expected = 0;
    const set = (next: Count): void => {
      add(owner, { made: next.made - made, expected: next.expected - expected });
      ({ made, expected } = next);
    };
    return {
      expect: (bytes, begin) => {
        const enter = (): void => {
          if (!isReleased) set({ made, expected: bytes });
          begin();
        };
        if (isReleased || (line.sizeOf(owner) === 0 && hasRoomForDear(owner))) {
          enter();
          return undefined;
        }
        line.add(owner, enter);
        return () => line.remove(owner, enter);
      },
      become: (bytes) => {
        if (isReleased) return;
        set({ made: bytes, expected: 0 });
        letIn();
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (made === 0 && expected === 0) return;
        set({ made: 0, expected: 0 });
        letIn();
        onRoom();
      },
    };
  }

  return { bytesOf: (owner) => findCount(owner).made, hasRoom, open };
}
