/**
 * What GraphQL asks of the refresher: how things stand, and a refresh; neither waits for the refresh itself. On the
 * refresher's own thread both are answered at once, on another one as soon as that thread comes to it.
 *
 * The views mirror `RefreshStatus` of the schema; instants are epoch milliseconds. A view is taken once per
 * field and never changes afterwards.
 */

import type {
  RefreshLimit,
  RefreshOutcome,
  RefreshPhase,
  RefreshTrigger,
  SnapshotSource,
} from './generated/schema-types.ts';

export interface RefreshPort {
  /** How things stand now. O(1). */
  status(): RefreshStatusView | Promise<RefreshStatusView>;
  /** Asks for a refresh and says what came of it. */
  requestRefresh(): RefreshRequestOutcome | Promise<RefreshRequestOutcome>;
}

export interface RefreshStatusView {
  readonly phase: RefreshPhase;
  readonly currentRun: RefreshRunView | null;
  readonly lastRun: RefreshRunView | null;
  readonly lastSuccessAtMs: number | null;
  readonly lastFailure: RefreshFailureView | null;
  readonly nextRunAtMs: number | null;
  readonly budgets: readonly UpstreamBudgetView[];
}

export interface RefreshRunView {
  /** Unique among all runs; becomes part of the node id. */
  readonly runId: string;
  readonly trigger: RefreshTrigger;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly progress: RefreshProgressView;
  readonly outcome: RefreshOutcome | null;
  readonly failure: RefreshFailureView | null;
}

export interface RefreshProgressView {
  readonly filesTotal: number | null;
  readonly filesDone: number;
  readonly bytesDownloaded: number;
  readonly recordsRead: number;
}

export interface RefreshFailureView {
  readonly atMs: number;
  readonly code: string;
  /** For the operator; holds no secret. */
  readonly message: string;
  readonly retryable: boolean;
}

export interface UpstreamBudgetView {
  readonly endpoint: SnapshotSource;
  readonly limitPerMinute: number;
  readonly remainingThisMinute: number;
  readonly limitPerHour: number;
  readonly remainingThisHour: number;
  readonly resetsAtMs: number | null;
}

export type RefreshRequestOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'alreadyRunning' }
  | { readonly kind: 'rateLimited'; readonly retryAtMs: number; readonly reason: RefreshLimit };
