/** What a request has come to: filled while it is answered, and read when it has been. */

import { createFaultCount, type FaultCount } from './repeated-faults.ts';

export interface RequestAccount {
  /** Of the operation, in rows, as measured before it was executed; `null` when it never came to that. */
  cost: number | null;
  /** Rows given out: of pages and by look-ups, one that is a node and an edge twice. */
  rows: number;
  readonly faults: FaultCount;
}

export function createRequestAccount(): RequestAccount {
  return { cost: null, rows: 0, faults: createFaultCount() };
}

/** Cost up to which an operation is cheap: an ordinary page, with a relation or two. In rows. */
export const CHEAP_COST = 1_000;

/** Whether an operation was found dear: it waits for others, and is executed where it keeps nobody from an answer. */
export function isDear({ cost }: RequestAccount): boolean {
  return cost !== null && cost > CHEAP_COST;
}
