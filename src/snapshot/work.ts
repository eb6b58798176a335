/**
 * Work that can be put aside: a generator that yields whenever it has done a bounded piece, so that whoever
 * drives it decides when to go on, and whether. Nothing here waits or looks at a clock.
 *
 * A caller that gives up calls `return()` on it; what it shares with others goes on for them.
 */

/** Yields between pieces of work, and returns its result. */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** How a query may spend its time and memory. None changes an answer: pieces can be as small as 1, the other bounds 0. */
export interface QueryLimits {
  /** Rows that a pass looks at before it yields; passes over bits round up to a word of 32. Default 32,768: about 0.1 ms. */
  readonly rowsPerPiece: number;
  /** Bytes of an arena or column that a native search reads before it yields. Default 1 MiB: below 1 ms. */
  readonly bytesPerPiece: number;
  /** Rows that a page asks a predicate about before it gives up for the set of all matching rows. Default 2,048. */
  readonly lazyRows: number;
  /** Rows that a page looks up in a set before it gives up for the list of all matching rows. Default 8,192: below 0.1 ms. */
  readonly walkedRows: number;
  /** Matches up to which they are listed in order at once instead of being walked to. Default 1,024. */
  readonly listedRows: number;
  /** What asking a test of one row costs, in rows of a pass over a column. Default 64. */
  readonly stepsPerTest: number;
  /** Bytes of sets and lists that a snapshot keeps for later queries. Default 24 MiB. */
  readonly cacheBytes: number;
  /** The same of an inventory as somebody sees it who is limited to a part. Default 8 MiB. */
  readonly scopeCacheBytes: number;
}

export const DEFAULT_QUERY_LIMITS: QueryLimits = {
  rowsPerPiece: 32_768,
  bytesPerPiece: 1_048_576,
  lazyRows: 2_048,
  walkedRows: 8_192,
  listedRows: 1_024,
  stepsPerTest: 64,
  cacheBytes: 24 * 1_048_576,
  scopeCacheBytes: 8 * 1_048_576,
};

/** Does all of it at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Work that was no work. */
// biome-ignore lint/correctness/useYield: there is nothing to put aside
export function* done<Result>(result: Result): Work<Result> {
  return result;
}

/** Calls `pass` on consecutive parts of the numbers below `length`, yielding between them. */
export function* inPieces(
  length: number,
  pieceLength: number,
  pass: (start: number, end: number) => void,
): Work<void> {
  for (let start = 0; start < length; ) {
    const end = Math.min(length, start + pieceLength);
    pass(start, end);
    start = end;
    if (start < length) yield;
  }
}
