/** Sends a generated operation to the gateway, and gives back an answer of its type. */

import type { TypedDocumentString } from './gql/graphql.ts';

/** What the gateway says of each error; `code` is the part to act on. */
interface AnswerError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The answer's data. Throws when there are errors; the error's `cause` holds them, with their codes. */
export async function ask<Result, Variables>(
  gatewayUrl: string,
  operation: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: operation.toString(), variables }),
  });
  const { data, errors = [] } = (await response.json()) as { data: Result; errors?: AnswerError[] };
  if (errors.length > 0) {
    const summary = errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n');
    throw new Error(summary, { cause: errors });
  }
  return data;
}
