/** An answer as it is sent: its bytes in one coding, or that the client has them already. */

import type { IncomingMessage } from 'node:http';
import type { OperationReport } from '../../graphql/operation-report.ts';
import { matchesEntityTag } from '../etag.ts';
import { COMPRESSION_THRESHOLD_BYTES, type Coding, compressBody, findCoding } from './answer-coding.ts';
import type { AnswerSource, AnswerSpan } from './answer-source.ts';
import { type TaggedAnswer, toAnswerTag } from './answer-tag.ts';

/** What is told of an operation whenever its answer is sent. */
export type AnsweredOperation = Pick<OperationReport, 'name' | 'type' | 'hash' | 'cost' | 'rows'>;

/** An answer that others may be given as well. */
export interface Answer {
  readonly source: AnswerSource;
  readonly span: AnswerSpan;
  readonly operation: AnsweredOperation;
  /** The media type with its charset. */
  readonly contentType: string;
}

/** One whose bytes are there. */
export interface ReadyAnswer extends Answer {
  readonly body: Buffer;
  /** What it was compressed to. */
  readonly coded: Map<Coding, Promise<Buffer>>;
}

export interface Representation {
  readonly status: 200 | 304;
  /** Those of this answer alone, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty with 304. */
  readonly body: Buffer;
  readonly entityTag: string | undefined;
}

/** The tag that an answer is sent with to one client. */
export interface EntityTag {
  readonly text: string;
  /** Whether the client says that it has the answer. */
  readonly isHad: boolean;
}

/** What of a request decides how an answer is sent. */
type Recipient = Pick<IncomingMessage, 'method' | 'headers'>;

/** An answer to one client, in the coding that it prefers. @param onCoded told how many bytes that has made */
export async function represent(
  recipient: Recipient,
  answer: ReadyAnswer,
  onCoded: (bytes: number) => void,
): Promise<Representation> {
  const entityTag = tagFor(recipient, answer, answer.body.length);
  if (entityTag?.isHad) return toUnchanged(entityTag);
  const coding = isCompressible(answer.body.length) ? findCoding(recipient.headers) : undefined;
  const headers = { 'content-type': answer.contentType, ...(coding && { 'content-encoding': coding }) };
  const body = coding === undefined ? answer.body : await codeBody(answer, coding, onCoded);
  return { status: 200, headers, body, entityTag: entityTag?.text };
}

/** Only what is asked for by GET has a tag: nothing else can be asked for again by it. */
export function tagFor(recipient: Recipient, answer: Answer, bytes: number): EntityTag | undefined {
  if (recipient.method !== 'GET') return undefined;
  const { source, span, operation } = answer;
  const tagged = { span, cost: operation.cost ?? 0, isCompressible: isCompressible(bytes) };
  return toEntityTag(recipient, source, tagged);
}

export function toEntityTag({ headers }: Recipient, source: AnswerSource, answer: TaggedAnswer): EntityTag {
  const isCoded = answer.isCompressible && findCoding(headers) !== undefined;
  const text = toAnswerTag(source, answer, isCoded);
  return { text, isHad: matchesEntityTag(headers['if-none-match'], text.replace(/^W\//, '')) };
}

export function toUnchanged({ text }: EntityTag): Representation {
  return { status: 304, headers: {}, body: EMPTY, entityTag: text };
}

const EMPTY = Buffer.alloc(0);

/** Whether an answer of this length is compressed for who takes that. */
function isCompressible(bytes: number): boolean {
  return bytes >= COMPRESSION_THRESHOLD_BYTES;
}

/**
 * The body in a coding, compressed when it is asked for the first time.
 *
 * @param onCoded told how many bytes that has made
 */
function codeBody(
  { body, coded }: ReadyAnswer,
  coding: Coding,
  onCoded: (bytes: number) => void,
): Promise<Buffer> {
  const known = coded.get(coding);
  if (known !== undefined) return known;
  const making = compressBody(body, coding);
  coded.set(coding, making);
  making.then(
    ({ length }) => onCoded(length),
    () => coded.delete(coding),
  );
  return making;
}

/** A copy of an answer's parts in memory of its own: a small buffer would keep the one alive that it is a part of. */
export function copyBody(parts: readonly (Uint8Array | string)[]): Buffer {
  const sizes = parts.map((part) => Buffer.byteLength(part));
  const body = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let position = 0;
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') body.write(part, position);
    else body.set(part, position);
    position += sizes[index]!;
  }
  return body;
}
