/** What a request has come to: filled while it is answered, and read when it has been. */

export interface RequestAccount {
  /** Of the operation, in rows, as measured before it was executed; `null` when it never came to that. */
  cost: number | null;
  /** Rows given out: of pages and by look-ups, one that is a node and an edge twice. */
  rows: number;
}

export function createRequestAccount(): RequestAccount {
  return { cost: null, rows: 0 };
}
