/** One request and its answer, beside what is timed. */

import { encodeRequest, openConnection, type RawAnswer, type RequestParts } from './http-connection.ts';

export interface Answer {
  readonly data?: unknown;
  readonly errors?: unknown;
}

export interface Page {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

/** Over a connection of its own. */
export async function send(url: string, request: RequestParts): Promise<RawAnswer> {
  const connection = await openConnection(url);
  try {
    return await connection.ask(encodeRequest(url, request));
  } finally {
    connection.close();
  }
}

export function toRequest(query: string, variables: object): RequestParts {
  return { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify({ query, variables }) };
}

/** The data of an operation. @throws Error at an answer with errors */
export async function ask(url: string, query: string, variables: object): Promise<unknown> {
  const { status, body } = await send(url, toRequest(query, variables));
  const { data, errors } = JSON.parse(body.toString()) as Answer;
  if (errors !== undefined || data == null)
    throw new Error(`${url} answered ${status}: ${JSON.stringify(errors)}`);
  return data;
}

/** The connection under a root field. */
export function askPage(data: unknown, field: string): Page {
  return (data as Readonly<Record<string, Page>>)[field]!;
}

/** Fields of an answer's head, in lower case. */
export function readHeaders({ head }: RawAnswer): Readonly<Record<string, string>> {
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
