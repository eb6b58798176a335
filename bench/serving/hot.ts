/** The same request again and again, and the same with what a client knows of the answer. */

import { readHeaders, send, toRequest } from './ask.ts';
import type { RawAnswer, RequestParts } from './http-connection.ts';
import { QUESTIONS, type QuestionName, toDocument } from './questions.ts';

/** What a server does anew for each answer, or Node adds by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-request-id',
]);
const NOT_MODIFIED = 304;

/** The first page of a question, always in the same words. */
export function toHotRequest(question: QuestionName): RequestParts {
  return toRequest(toDocument(question, 'gateway'), QUESTIONS[question].variables);
}

/** What a bare server is to send in place of the gateway: its bytes and its headers. */
export function toRawAnswer(answer: RawAnswer): {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
} {
  const headers = Object.entries(readHeaders(answer)).filter(([name]) => !OWN_HEADERS.has(name));
  const length = answer.status === NOT_MODIFIED ? {} : { 'content-length': String(answer.body.length) };
  return {
    status: answer.status,
    headers: { ...Object.fromEntries(headers), ...length },
    body: answer.body,
  };
}

/**
 * A request that the server answers with 304, as a browser makes it: GET with the ETag of the answer that it has.
 *
 * @returns `undefined` where answers have no ETag
 * @throws Error where they have one, and it is not heeded
 */
export async function findRevalidation(
  url: string,
): Promise<{ readonly request: RequestParts; readonly url: string; readonly answer: RawAnswer } | undefined> {
  const { variables } = QUESTIONS.page;
  const search = new URLSearchParams({
    query: toDocument('page', 'gateway'),
    variables: JSON.stringify(variables),
  });
  const address = `${url}?${search}`;
  const headers = { accept: 'application/json', 'apollo-require-preflight': 'true' };
  const { etag } = readHeaders(await send(address, { method: 'GET', headers }));
  if (etag === undefined) return undefined;
  const request: RequestParts = { method: 'GET', headers: { ...headers, 'if-none-match': etag } };
  const answer = await send(address, request);
  if (answer.status !== NOT_MODIFIED) throw new Error(`The ETag ${etag} is answered with ${answer.status}.`);
  return { request, url: address, answer };
}
