/** One run in the refresher's hands: what is known of it so far, and its view. Not the work itself. */

import type { RefreshJobPhase, RefreshJobProgress } from './refresh-job.ts';
import type {
  RefreshFailure,
  RefreshOutcome,
  RefreshProgress,
  RefreshRunView,
  RefreshTrigger,
} from './refresh-status.ts';

/** A run under way; only the refresher changes it. */
export interface ActiveRun {
  readonly runId: string;
  readonly trigger: RefreshTrigger;
  readonly startedAtMs: number;
  /** Aborted when the run is to end early. */
  readonly abort: AbortController;
  phase: RefreshJobPhase;
  progress: RefreshProgress;
  /** When the phase began, and how long those before took; one that came again counts in all. */
  phaseStartedAtMs: number;
  readonly phaseDurationsMs: PhaseDurations;
}

/** Milliseconds by phase; a phase that there was not is absent. `WAITING` is all that was waited. */
export type PhaseDurations = Partial<Record<RefreshJobPhase, number>>;

/** @param ordinal number of the run in this process; two runs may start in one millisecond */
export function createActiveRun(trigger: RefreshTrigger, startedAtMs: number, ordinal: number): ActiveRun {
  return {
    runId: `${startedAtMs}-${ordinal}`,
    trigger,
    startedAtMs,
    abort: new AbortController(),
    phase: 'REQUESTING',
    progress: { filesTotal: null, filesDone: 0, bytesDownloaded: 0, recordsRead: 0 },
    phaseStartedAtMs: startedAtMs,
    phaseDurationsMs: {},
  };
}

/** Takes over what the job reports; what it leaves out stays. */
export function applyProgress(
  run: ActiveRun,
  { phase, ...changes }: RefreshJobProgress,
  nowMs: number,
): void {
  if (phase !== undefined && phase !== run.phase) {
    endPhase(run, nowMs);
    run.phase = phase;
  }
  run.progress = { ...run.progress, ...changes };
}

/** Counts the phase under way up to now. */
export function endPhase(run: ActiveRun, nowMs: number): void {
  const { phase, phaseStartedAtMs, phaseDurationsMs } = run;
  phaseDurationsMs[phase] = (phaseDurationsMs[phase] ?? 0) + Math.max(0, nowMs - phaseStartedAtMs);
  run.phaseStartedAtMs = nowMs;
}

/** The view of a run under way. */
export function toRunView({ runId, trigger, startedAtMs, progress }: ActiveRun): RefreshRunView {
  return { runId, trigger, startedAtMs, finishedAtMs: null, progress, outcome: null, failure: null };
}

/** The view of a run that has ended. */
export function toFinishedRunView(
  run: ActiveRun,
  finishedAtMs: number,
  outcome: RefreshOutcome,
  failure: RefreshFailure | null,
): RefreshRunView {
  return { ...toRunView(run), finishedAtMs, outcome, failure };
}
