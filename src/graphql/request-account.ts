/** What a request has come to: filled while it is answered, and read when it has been. */

import type { ExecutedData } from './execution/executed-data.ts';
import { createFaultCount, type FaultCount } from './repeated-faults.ts';

export interface RequestAccount {
  /** Of the operation, in rows, as measured before it was executed; `null` when it never came to that. */
  cost: number | null;
  /** Rows given out: of pages and by look-ups, one that is a node and an edge twice. */
  rows: number;
  readonly faults: FaultCount;
  /** Whether its caller's rate was charged, for its operation or for its being read. */
  isCharged: boolean;
  /** Settled when it is decided whether its operation is executed; rejected when it is not. */
  admitted: Promise<void> | undefined;
  /** Gives up what a dear operation holds while it is executed. */
  leaveSeat: (() => void) | undefined;
  /** What was executed before the pipeline was asked. */
  executed: ExecutedData | undefined;
}

export function createRequestAccount(): RequestAccount {
  return {
    cost: null,
    rows: 0,
    faults: createFaultCount(),
    isCharged: false,
    admitted: undefined,
    leaveSeat: undefined,
    executed: undefined,
  };
}

/** Cost up to which an operation is cheap: an ordinary page, with a relation or two. In rows. */
export const CHEAP_COST = 1_000;

/** Whether an operation was found dear: it waits for others, and is executed where it keeps nobody from an answer. */
export function isDear({ cost }: RequestAccount): boolean {
  return cost !== null && cost > CHEAP_COST;
}
