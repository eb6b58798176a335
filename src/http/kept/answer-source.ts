/** What an answer depends on: all of it together makes the same bytes. */

export interface AnswerSource {
  /** The release, and the settings that show in answers. */
  readonly edition: string;
  readonly snapshotId: string;
  /** Of the operation and of whoever asks for it: see `asked-operation.ts`. */
  readonly key: string;
}

/** Seconds for which an answer is the same: from the first on, until before the second; `Infinity`: no end. Epoch seconds. */
export interface AnswerSpan {
  readonly from: number;
  readonly until: number;
}

export function holdsAt({ from, until }: AnswerSpan, nowSeconds: number): boolean {
  return from <= nowSeconds && nowSeconds < until;
}
