/**
 * What can be read of the refresher at any moment: plain values, every instant in epoch milliseconds.
 *
 * A view is a copy made when it was asked for; it never changes afterwards. The words are those of the
 * GraphQL schema.
 */

/**
 * What the refresher is doing.
 *
 * - `IDLE`: no run is under way; the next one, if any is planned, is at `nextRunAtMs`.
 * - `WAITING`: the run under way waits: for a call budget, for a file that is not ready, for a backoff; even
 *   while another file is read.
 *   The time between two runs, before a retry too, is `IDLE`.
 * - `REQUESTING`, `DOWNLOADING`: talking to Defender, reading files or pages.
 * - `BUILDING`, `VALIDATING`: making the snapshot, comparing it with the served one.
 * - `PUBLISHING`: storing the snapshot and handing it to the serving side.
 */
export type RefreshPhase =
  | 'IDLE'
  | 'WAITING'
  | 'REQUESTING'
  | 'DOWNLOADING'
  | 'BUILDING'
  | 'VALIDATING'
  | 'PUBLISHING';

/** Why a run began: the start of the process, the schedule, somebody asking, or an earlier failure. */
export type RefreshTrigger = 'STARTUP' | 'SCHEDULE' | 'MUTATION' | 'RETRY';

/**
 * How a run ended.
 *
 * - `PUBLISHED`: a new snapshot is served.
 * - `UNCHANGED`: Defender has nothing newer than what is served.
 * - `REJECTED`: a validator refused the new snapshot; the served one stays.
 * - `FAILED`: something went wrong before; the served one stays.
 * - `CANCELLED`: the process was stopped in the middle.
 */
export type RefreshOutcome = 'PUBLISHED' | 'UNCHANGED' | 'REJECTED' | 'FAILED' | 'CANCELLED';

export interface RefreshProgress {
  /** Files (or pages) to read; `null` until known. */
  readonly filesTotal: number | null;
  readonly filesDone: number;
  /** Bytes received, compressed as they came. */
  readonly bytesDownloaded: number;
  /** Records seen, refused ones included. */
  readonly recordsRead: number;
}

export interface RefreshFailure {
  readonly atMs: number;
  /** A code of the gateway's error list. */
  readonly code: string;
  /** What is wrong and what to do; holds no secret. */
  readonly message: string;
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

export interface RefreshRunView {
  /** Unique among all runs of this process and, by the start time within, of earlier ones. */
  readonly runId: string;
  readonly trigger: RefreshTrigger;
  readonly startedAtMs: number;
  /** `null` while under way. */
  readonly finishedAtMs: number | null;
  readonly progress: RefreshProgress;
  /** `null` while under way. */
  readonly outcome: RefreshOutcome | null;
  /** Why it failed or was rejected; beside `PUBLISHED`, why the snapshot could not be stored. */
  readonly failure: RefreshFailure | null;
}

/** Which of Defender's two endpoints: export files, or pages. */
export type UpstreamEndpoint = 'EXPORT' | 'PAGED';

export interface UpstreamBudgetView {
  readonly endpoint: UpstreamEndpoint;
  readonly limitPerMinute: number;
  readonly remainingThisMinute: number;
  readonly limitPerHour: number;
  readonly remainingThisHour: number;
  /** When the next call that counts against the budget falls out of its window; `null` when none counts. */
  readonly resetsAtMs: number | null;
}

export interface RefreshStatusView {
  readonly phase: RefreshPhase;
  readonly currentRun: RefreshRunView | null;
  /** The latest finished run of this process. */
  readonly lastRun: RefreshRunView | null;
  /** When a run last ended `PUBLISHED` or `UNCHANGED`; for a restored snapshot, when that one was published. */
  readonly lastSuccessAtMs: number | null;
  /** The latest failure or rejection since the last success; a cancelled run leaves it as it was. */
  readonly lastFailure: RefreshFailure | null;
  /** `null` while a run is under way, and when only a mutation will start one. */
  readonly nextRunAtMs: number | null;
  readonly budgets: readonly UpstreamBudgetView[];
}

/** Why a refresh asked for by mutation may not start now. */
export type RefreshLimit = 'COOLDOWN' | 'UPSTREAM_BUDGET' | 'UPSTREAM_THROTTLED';

/** The answer to a request; never the result of the refresh itself. */
export type RefreshRequestOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'alreadyRunning' }
  | { readonly kind: 'rateLimited'; readonly retryAtMs: number; readonly reason: RefreshLimit };
