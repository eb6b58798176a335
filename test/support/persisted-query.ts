/** A query asked for by its hash, as clients with automatic persisted queries do. */

import { createHash } from 'node:crypto';

const QUERY = 'query Persisted { devices(first: 1) { totalCount } }';

/** By hash alone first, and, where that is not found, with the text. @returns the status of the last answer */
export async function askPersistedQuery(url: string): Promise<number> {
  const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(QUERY).digest('hex') };
  const ask = async (query?: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, extensions: { persistedQuery } }),
    });
    return { status: response.status, text: await response.text() };
  };
  const byHash = await ask();
  if (!byHash.text.includes('PERSISTED_QUERY_NOT_FOUND')) return byHash.status;
  return (await ask(QUERY)).status;
}
