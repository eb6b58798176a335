/**
 * Entity tags of answers (RFC 9110 section 8.8.3). A tag says by itself for which seconds the answer is the same, what it
 * costs and whether it is long enough to be compressed; a digest binds that to all that the answer depends on. So a client that
 * comes back with one is told that nothing has changed, without anything being executed, whoever made the answer and
 * whether or not it is kept.
 *
 * The digest has no secret in it: who makes a tag up is told that what it never had has not changed.
 */

import { hash } from 'node:crypto';
import { type AnswerSource, type AnswerSpan, holdsAt } from './answer-source.ts';

/** What a tag says of its answer. */
export interface TaggedAnswer {
  readonly span: AnswerSpan;
  /** Of its operation, in rows. */
  readonly cost: number;
  /** Whether it is compressed for who takes that. */
  readonly isCompressible: boolean;
}

/** First second, second after the last or nothing, cost, form, digest. */
const TAG_FORM = /^(?:W\/)?"([\da-z]{1,8})-([\da-z]{0,8})-([\da-z]{1,8})-([lc])-([\w-]{22})"$/;
const BASE = 36;
/** Six bits each: what cannot be found by trying. */
const DIGEST_LENGTH = 22;

/** @param isCoded whether the bytes are compressed: then others are sent under the same tag, and it is a weak one */
export function toAnswerTag(source: AnswerSource, answer: TaggedAnswer, isCoded: boolean): string {
  const { from, until } = answer.span;
  const facts = [
    from.toString(BASE),
    until === Number.POSITIVE_INFINITY ? '' : until.toString(BASE),
    answer.cost.toString(BASE),
    answer.isCompressible ? 'c' : 'l',
  ].join('-');
  return `${isCoded ? 'W/' : ''}"${facts}-${digest(source, facts)}"`;
}

/**
 * The answer of which a client says in `If-None-Match` that it has it, when that is what it would be given at this second.
 * Compares weakly, as that header does (RFC 9110 section 13.1.2). `*` names none.
 */
export function findUnchanged(
  ifNoneMatch: string,
  source: AnswerSource,
  nowSeconds: number,
): TaggedAnswer | undefined {
  for (const one of ifNoneMatch.split(',')) {
    const parts = TAG_FORM.exec(one.trim());
    if (parts === null) continue;
    const [, from = '', until = '', cost = '', form = '', found] = parts;
    const span = {
      from: Number.parseInt(from, BASE),
      until: until === '' ? Number.POSITIVE_INFINITY : Number.parseInt(until, BASE),
    };
    if (!holdsAt(span, nowSeconds) || found !== digest(source, `${from}-${until}-${cost}-${form}`)) continue;
    return { span, cost: Number.parseInt(cost, BASE), isCompressible: form === 'c' };
  }
  return undefined;
}

function digest({ edition, snapshotId, key }: AnswerSource, facts: string): string {
  return hash('sha256', [edition, snapshotId, key, facts].join('\n'), 'base64url').slice(0, DIGEST_LENGTH);
}
