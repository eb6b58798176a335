/** What the refresher says, as log lines and metrics: one structured summary a run. */

import type { HttpLogger } from './http/ports.ts';
import type { RefreshRunView } from './refresh/refresh-status.ts';
import type { RefreshEvents } from './refresh/refresher.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { UpstreamTally } from './telemetry/upstream-tally.ts';

export function composeRefreshEvents(options: {
  readonly log: HttpLogger;
  readonly metrics: Metrics;
  /** What the run under way has asked of others. */
  readonly tally: UpstreamTally;
  /** Told of every run that has ended, after it was logged. */
  readonly onFinished: (run: RefreshRunView) => void;
}): RefreshEvents {
  const { log, metrics, tally, onFinished } = options;
  return {
    onStarted: ({ runId, trigger }) => {
      tally.begin();
      log.info({ event: 'refresh_started', runId, trigger }, 'refresh started');
    },
    onFinished: (run, { result, error, phaseDurationsMs }) => {
      const { runId, trigger, startedAtMs, finishedAtMs, progress, outcome, failure } = run;
      const durationMs = (finishedAtMs ?? startedAtMs) - startedAtMs;
      const manifest = result?.outcome === 'BUILT' ? result.snapshot.manifest : undefined;
      const source = manifest?.source ?? (result?.outcome === 'UNCHANGED' ? result.source : 'NONE');
      metrics.recordRefresh({ outcome: outcome ?? 'FAILED', source, durationMs });
      for (const rejection of manifest?.quality.rejections ?? []) metrics.recordRejectedRecords(rejection);
      if (failure?.code.startsWith('STORE_')) metrics.recordStoreFailure(failure);
      const summary = {
        event: 'refresh_finished',
        runId,
        trigger,
        outcome,
        source,
        durationMs,
        phaseDurationsMs,
        ...progress,
        ...tally.read(),
        ...(manifest === undefined ? {} : summarize(manifest)),
        failure,
        ...(error?.cause === undefined ? {} : { cause: String(error.cause) }),
      };
      if (failure === null) log.info(summary, 'refresh finished');
      else
        log[outcome === 'PUBLISHED' || outcome === 'CANCELLED' ? 'warn' : 'error'](summary, failure.message);
      onFinished(run);
    },
    onDropped: (runId) =>
      log.warn({ event: 'refresh_dropped', runId }, 'a result came too late and was dropped'),
  };
}

function summarize({
  revision,
  certificateCount,
  deviceCount,
  installationCount,
  quality,
}: {
  readonly revision: number;
  readonly certificateCount: number;
  readonly deviceCount: number;
  readonly installationCount: number;
  readonly quality: {
    readonly recordsRejected: number;
    readonly rejections: readonly { readonly reason: string; readonly count: number }[];
    readonly duplicateRecords: number;
    readonly conflictingRecords: number;
  };
}) {
  const { recordsRejected, rejections, duplicateRecords, conflictingRecords } = quality;
  return {
    revision,
    certificateCount,
    deviceCount,
    installationCount,
    recordsRejected,
    rejections: Object.fromEntries(rejections.map(({ reason, count }) => [reason, count])),
    duplicateRecords,
    conflictingRecords,
  };
}
