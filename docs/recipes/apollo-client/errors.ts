/** The gateway's error codes, out of Apollo Client's error. */

import { CombinedGraphQLErrors } from '@apollo/client';

/** The code of each GraphQL error, in the order of the answer; none when the gateway was not reached. */
export function findErrorCodes(error: unknown): unknown[] {
  if (!CombinedGraphQLErrors.is(error)) return [];
  return error.errors.map(({ extensions }) => extensions?.code);
}
