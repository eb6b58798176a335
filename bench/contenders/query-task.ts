/** What the contenders of the queries benchmark are given, and what they answer: the same from each. */

/** A row by its identity: thumbprint | device id | device id, thumbprint, path. */
export type Identity = readonly string[];

export interface Answer {
  readonly rows: readonly Identity[];
  /** All matches, whatever the page. */
  readonly total: number;
}

/** What the first contender found, for the others to find too; in the order of the questions. */
export interface Reference {
  readonly answers: readonly Answer[];
  /** The row after which the page begins; `null` = it begins at the start. */
  readonly cursors: readonly (Identity | null)[];
}

export interface QueryTask {
  readonly paths: readonly string[];
  readonly threads: number;
  /** `null` makes this contender the reference. */
  readonly reference: Reference | null;
  /** How long each question is asked again and again, about. */
  readonly budgetMs: number;
}

/** Times of one question, microseconds. */
export interface Timing {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
}

export interface QuestionTimes {
  /** Asked again and again. */
  readonly warm: Timing;
  /** The first time that it was asked. */
  readonly firstMicroseconds: number;
  /** The first time of freshly opened data, over and over, in code that is warm; `null` where data opens once. */
  readonly fresh: Timing | null;
}

export interface QueryResult extends Reference {
  readonly loadMs: number;
  /** In the order of the questions. `page` questions are timed without the total, all others with it. */
  readonly times: readonly QuestionTimes[];
}
