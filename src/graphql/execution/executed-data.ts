/** What executing an operation comes to. */

import type { GraphQLError } from 'graphql';

export interface ExecutedData {
  /** JSON text; `null` where the data as a whole are null. */
  readonly data: string | null;
  /** Whether any field of the root has a value. */
  readonly hasRootData: boolean;
  readonly errors: readonly GraphQLError[];
}
