/**
 * A naive refresher to compare the real one with: what must be true after each thing that can happen to it.
 *
 * It leaves to chance what is chance: of a plan it knows the span, checks that the real one lies in it, and goes on
 * with the real one.
 */

import assert from 'node:assert/strict';
import { HOUR_MS, SECOND_MS } from '../../src/core/units.ts';
import type {
  RefreshOutcome,
  RefreshPhase,
  RefreshProgress,
  RefreshRequestOutcome,
  RefreshStatusView,
  RefreshTrigger,
} from '../../src/refresh/refresh-status.ts';
import type { UpstreamLimit } from '../../src/refresh/refresher.ts';
import type { RefreshSettings } from '../../src/refresh/schedule.ts';

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly triggers: readonly RefreshTrigger[];
}

interface ModelRun {
  readonly triggers: readonly RefreshTrigger[];
  readonly startedAtMs: number;
  phase: RefreshPhase;
  progress: RefreshProgress;
}

export interface ModelFailure {
  readonly code: string;
  readonly outcome: 'FAILED' | 'REJECTED';
  readonly retryable: boolean;
  readonly retryAtMs: number | undefined;
}

export class RefresherModel {
  nowMs: number;
  run: ModelRun | null = null;
  isStopped = false;
  runCount = 0;
  limit: UpstreamLimit | undefined;
  servedRevision: number;
  readonly published: number[] = [];
  readonly #settings: RefreshSettings;
  #servedAtMs: number | null;
  #hasStarted = false;
  #plan: { readonly atMs: number; readonly triggers: readonly RefreshTrigger[] } | null = null;
  #expectedSpan: Span | null = null;
  #failureCount = 0;
  #lastMutationAtMs: number | null = null;
  #lastSuccessAtMs: number | null;
  #lastFailureCode: string | null = null;
  #lastOutcome: RefreshOutcome | null = null;

  constructor(
    nowMs: number,
    settings: RefreshSettings,
    restored: { revision: number; publishedAtMs: number } | null,
  ) {
    this.nowMs = nowMs;
    this.#settings = settings;
    this.#servedAtMs = restored?.publishedAtMs ?? null;
    this.servedRevision = restored?.revision ?? 0;
    this.#lastSuccessAtMs = this.#servedAtMs;
  }

  get isIdle(): boolean {
    return this.run === null && !this.isStopped;
  }

  start(): void {
    const isFirst = !this.#hasStarted;
    this.#hasStarted = true;
    if (!isFirst || !this.isIdle || this.#plan !== null) return;
    const { intervalMs, jitter } = this.#settings;
    const publishedAtMs = this.#servedAtMs;
    if (publishedAtMs === null || (intervalMs > 0 && this.nowMs - publishedAtMs > intervalMs)) {
      this.#begin('STARTUP');
    } else if (intervalMs > 0) {
      this.#expectedSpan = {
        fromMs: publishedAtMs + intervalMs,
        toMs: publishedAtMs + intervalMs * (1 + jitter),
        triggers: ['SCHEDULE'],
      };
    }
  }

  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    if (this.#plan !== null && this.#plan.atMs <= untilMs) {
      this.nowMs = this.#plan.atMs;
      this.#begin(...this.#plan.triggers);
    }
    this.nowMs = untilMs;
  }

  request(): RefreshRequestOutcome {
    if (this.run !== null) return { kind: 'alreadyRunning' };
    const cooledAtMs = (this.#lastMutationAtMs ?? Number.NEGATIVE_INFINITY) + this.#settings.cooldownMs;
    const budgetAtMs = this.limit?.retryAtMs ?? Number.NEGATIVE_INFINITY;
    if (Math.max(cooledAtMs, budgetAtMs) <= this.nowMs) {
      this.#lastMutationAtMs = this.nowMs;
      this.#begin('MUTATION');
      return { kind: 'started' };
    }
    return cooledAtMs >= budgetAtMs
      ? { kind: 'rateLimited', retryAtMs: cooledAtMs, reason: 'COOLDOWN' }
      : { kind: 'rateLimited', retryAtMs: budgetAtMs, reason: this.limit!.reason };
  }

  publish(revision: number): void {
    if (revision > this.servedRevision) {
      this.servedRevision = revision;
      this.published.push(revision);
      this.#servedAtMs = this.nowMs;
      this.#succeed('PUBLISHED');
    } else {
      this.#succeed('UNCHANGED');
    }
  }

  /** A snapshot that may be published is handed on; the run goes on until it is taken over everywhere. */
  publishing(revision: number): void {
    if (revision <= this.servedRevision) {
      this.#succeed('UNCHANGED');
      return;
    }
    this.run!.phase = 'PUBLISHING';
    this.servedRevision = revision;
    this.published.push(revision);
    this.#servedAtMs = this.nowMs;
  }

  /** The end of what `publishing` has begun. */
  takenOver(): void {
    this.#succeed('PUBLISHED');
  }

  unchanged(): void {
    this.#succeed('UNCHANGED');
  }

  fail({ code, outcome, retryable, retryAtMs }: ModelFailure): void {
    this.#finish(outcome);
    this.#failureCount += 1;
    this.#lastFailureCode = code;
    const { intervalMs, jitter } = this.#settings;
    const earliestMs = Math.max(this.nowMs, retryAtMs ?? 0);
    const hasSchedule = intervalMs > 0;
    const scheduleFromMs = Math.max(earliestMs, this.nowMs + intervalMs * (1 - jitter));
    const scheduleToMs = Math.max(earliestMs, this.nowMs + intervalMs * (1 + jitter));
    const ceilingMs = Math.min(
      HOUR_MS,
      hasSchedule ? intervalMs : HOUR_MS,
      30 * SECOND_MS * 2 ** (this.#failureCount - 1),
    );
    if (retryable) {
      this.#expectedSpan = {
        fromMs: Math.min(earliestMs + SECOND_MS, hasSchedule ? scheduleFromMs : Number.POSITIVE_INFINITY),
        toMs: Math.min(
          earliestMs + Math.max(SECOND_MS, ceilingMs),
          hasSchedule ? scheduleToMs : Number.POSITIVE_INFINITY,
        ),
        triggers: hasSchedule ? ['RETRY', 'SCHEDULE'] : ['RETRY'],
      };
    } else if (hasSchedule) {
      this.#expectedSpan = { fromMs: scheduleFromMs, toMs: scheduleToMs, triggers: ['SCHEDULE'] };
    }
  }

  stop(): void {
    if (this.run !== null) this.#finish('CANCELLED');
    this.isStopped = true;
    this.#plan = null;
  }

  /** Compares everything that can be read, and takes over what chance has decided. */
  check(status: RefreshStatusView, published: readonly number[], runCount: number): void {
    assert.deepEqual(published, this.published);
    assert.equal(runCount, this.runCount);
    assert.equal(status.phase, this.run?.phase ?? 'IDLE');
    assert.equal(status.currentRun === null, this.run === null);
    if (this.run !== null) {
      assert.deepEqual(status.currentRun?.progress, this.run.progress);
      assert.equal(status.currentRun?.startedAtMs, this.run.startedAtMs);
      assert.equal(status.currentRun?.outcome, null);
      assert.ok(
        this.run.triggers.includes(status.currentRun!.trigger),
        `unexpected ${status.currentRun?.trigger}`,
      );
    }
    assert.equal(status.lastRun?.outcome ?? null, this.#lastOutcome);
    assert.equal(status.lastSuccessAtMs, this.#lastSuccessAtMs);
    assert.equal(status.lastFailure?.code ?? null, this.#lastFailureCode);
    this.#checkPlan(status.nextRunAtMs);
  }

  #checkPlan(nextRunAtMs: number | null): void {
    const span = this.#expectedSpan;
    if (span !== null) {
      assert.ok(nextRunAtMs !== null, 'A run must be planned.');
      assert.ok(nextRunAtMs >= Math.floor(span.fromMs), `${nextRunAtMs} must not be before ${span.fromMs}`);
      assert.ok(nextRunAtMs <= Math.ceil(span.toMs), `${nextRunAtMs} must not be after ${span.toMs}`);
      this.#plan = { atMs: nextRunAtMs, triggers: span.triggers };
      this.#expectedSpan = null;
    }
    assert.equal(nextRunAtMs, this.#plan?.atMs ?? null);
  }

  #begin(...triggers: readonly RefreshTrigger[]): void {
    this.#plan = null;
    this.runCount += 1;
    this.run = {
      triggers,
      startedAtMs: this.nowMs,
      phase: 'REQUESTING',
      progress: { filesTotal: null, filesDone: 0, bytesDownloaded: 0, recordsRead: 0 },
    };
  }

  #finish(outcome: RefreshOutcome): void {
    this.run = null;
    this.#lastOutcome = outcome;
  }

  #succeed(outcome: 'PUBLISHED' | 'UNCHANGED'): void {
    this.#finish(outcome);
    this.#failureCount = 0;
    this.#lastFailureCode = null;
    this.#lastSuccessAtMs = this.nowMs;
    const { intervalMs, jitter } = this.#settings;
    if (intervalMs === 0) return;
    this.#expectedSpan = {
      fromMs: this.nowMs + intervalMs * (1 - jitter),
      toMs: this.nowMs + intervalMs * (1 + jitter),
      triggers: ['SCHEDULE'],
    };
  }
}
