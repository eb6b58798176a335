/**
 * Answers over the served snapshot, as bytes that are ready to be sent again. A snapshot never changes, so an answer holds until the
 * next one is served, or until the second at which the clock makes it another.
 *
 * Bounded in bytes: what was not asked for the longest goes first. What was kept of a snapshot goes at once when another is served.
 * It knows nothing of requests: a key must say all that an answer depends on beside snapshot and second.
 */

import { KIBIBYTE } from '../../core/units.ts';
import { type AnswerSource, type AnswerSpan, holdsAt } from './answer-source.ts';

/** What is kept of an answer. */
export interface KeptAnswer {
  readonly source: Pick<AnswerSource, 'snapshotId' | 'key'>;
  readonly span: AnswerSpan;
  readonly body: Uint8Array;
}

export interface KeptAnswers<Answer extends KeptAnswer> {
  /**
   * What is kept under a key and holds at this second, which counts as a use. What does not hold any more is given up.
   *
   * @param snapshotId of the snapshot that is served; when it is another than before, all that was kept goes
   */
  find(snapshotId: string, key: string, nowSeconds: number): Answer | undefined;
  /** Keeps an answer, if it is over the snapshot that is served, and not too long. */
  keep(answer: Answer): void;
  /** Counts bytes that an answer takes beside its body from now on, as long as it is kept. */
  grow(answer: Answer, bytes: number): void;
  /** Gives up all that is kept. */
  forget(): void;
  /** Bytes that all of it takes. */
  readonly bytes: number;
}

/** Charged for an answer beside its bytes. */
export const ANSWER_OVERHEAD_BYTES = KIBIBYTE;
/** An answer that takes a larger part of the whole is not kept. */
export const LARGEST_PART = 1 / 16;

interface Entry<Answer> {
  readonly answer: Answer;
  bytes: number;
}

/**
 * @param limitBytes what all of it may take; 0: nothing is kept
 * @param onGone told of each answer that was asked for, and is kept no longer
 */
export function createKeptAnswers<Answer extends KeptAnswer>(
  limitBytes: number,
  onGone: (answer: Answer) => void = () => undefined,
): KeptAnswers<Answer> {
  /** The one that was asked for last at the end. */
  const entries = new Map<string, Entry<Answer>>();
  let served: string | undefined;
  let bytes = 0;

  function remove(key: string, entry: Entry<Answer>): void {
    entries.delete(key);
    bytes -= entry.bytes;
    onGone(entry.answer);
  }

  function shrink(): void {
    for (const [key, entry] of entries) {
      if (bytes <= limitBytes) break;
      remove(key, entry);
    }
  }

  function serve(snapshotId: string): void {
    if (snapshotId === served) return;
    forget();
    served = snapshotId;
  }

  function forget(): void {
    for (const [key, entry] of entries) remove(key, entry);
    served = undefined;
  }

  return {
    find: (snapshotId, key, nowSeconds) => {
      serve(snapshotId);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (holdsAt(entry.answer.span, nowSeconds)) {
        entries.delete(key);
        entries.set(key, entry);
        return entry.answer;
      }
      remove(key, entry);
      return undefined;
    },
    keep: (answer) => {
      const { snapshotId, key } = answer.source;
      if (snapshotId !== served) return;
      const entry = { answer, bytes: answer.body.length + ANSWER_OVERHEAD_BYTES };
      if (entry.bytes > limitBytes * LARGEST_PART) return;
      const before = entries.get(key);
      if (before !== undefined) remove(key, before);
      entries.set(key, entry);
      bytes += entry.bytes;
      shrink();
    },
    grow: (answer, more) => {
      const entry = entries.get(answer.source.key);
      if (entry?.answer !== answer) return;
      entry.bytes += more;
      bytes += more;
      shrink();
    },
    forget,
    get bytes() {
      return bytes;
    },
  };
}
