/** The gateway's error codes, out of urql's error. */

import { CombinedError } from '@urql/core';

/** The code of each GraphQL error, in the order of the answer; none when the gateway was not reached. */
export function findErrorCodes(error: unknown): unknown[] {
  if (!(error instanceof CombinedError)) return [];
  return error.graphQLErrors.map(({ extensions }) => extensions.code);
}
