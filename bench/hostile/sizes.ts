/** How large an operation may be: found by asking, so that it holds for whatever limits the gateway has. */

import { EDGES, type InventoryFacts, toBody } from './documents.ts';

/**
 * The largest size of an edge that is answered without an error; 1 when none is.
 *
 * @param mintToken of a caller that has asked for nothing yet: what is tried is dear
 * @throws Error when the caller is refused for another reason than the size
 */
export async function findAdmittedSize(
  url: string,
  mintToken: () => Promise<string>,
  name: string,
  facts: InventoryFacts,
): Promise<number> {
  const { ceiling, operation } = EDGES[name]!;
  let admitted = 1;
  let refused = ceiling + 1;
  for (let size = ceiling; admitted + 1 < refused; size = Math.floor((admitted + refused) / 2)) {
    if (await isAdmitted(url, await mintToken(), toBody(operation(size, facts, '0000')))) admitted = size;
    else refused = size;
  }
  return admitted;
}

async function isAdmitted(url: string, token: string, body: string): Promise<boolean> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  const text = await response.text();
  if (response.status === 401 || response.status === 403 || response.status === 429)
    throw new Error(`The gateway answered ${response.status}: ${text}`);
  return response.status === 200 && !text.startsWith('{"errors"');
}
