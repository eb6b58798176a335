/**
 * Interference: what callers notice of a refresh. A light load from another process asks for a page at a fixed rate,
 * first while nothing else happens, then while refreshes run; the serving thread tells how long it was away.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { startGateway } from '../gateway/gateway.ts';
import { LIGHT_RATE_PER_SECOND, startLoad } from '../gateway/load.ts';
import type { LoadReport } from '../gateway/load-process.ts';
import { readServed } from '../gateway/served.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { formatTable, megabytes, milliseconds, seconds, whole } from '../support/format.ts';
import { median } from '../support/statistics.ts';

const LATENCY_SHARE = 2;
const LOOP_DELAY_MS = 50;
/** At rest as long as this many budgets of a question, so that a p99 means something. */
const REST_BUDGETS = 20;
const WARM_UP_BUDGETS = 4;

interface Window {
  readonly report: LoadReport;
  readonly eventLoopDelayMs: number;
  readonly heapBytes: number;
  readonly residentBytesPeak: number;
}

export const runInterferenceBenchmark: Benchmark = async ({ records, rounds, budgetMs, write }) => {
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  await using gateway = await startGateway({ environment: tenant.environment, dataDir: store.path });
  await gateway.nextRefresh();
  await readServed(gateway);
  await using load = startLoad({
    url: gateway.url,
    pace: { kind: 'rate', perSecond: LIGHT_RATE_PER_SECOND },
  });
  const watch = async <Result>(work: () => Promise<Result>): Promise<{ window: Window; result: Result }> => {
    await load.report();
    await gateway.read();
    await gateway.resetPeak();
    const result = await work();
    const report = await load.report();
    const { eventLoopDelayMs, heapBytes } = await gateway.read();
    return {
      window: { report, eventLoopDelayMs, heapBytes, residentBytesPeak: gateway.peakBytes() },
      result,
    };
  };

  await delay(budgetMs * WARM_UP_BUDGETS);
  const rest: Window[] = [];
  const refresh: Window[] = [];
  const refreshMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rest.push((await watch(() => delay(budgetMs * REST_BUDGETS))).window);
    await tenant.advance();
    const { window, result } = await watch(() => gateway.refresh());
    refresh.push(window);
    refreshMs.push(result.durationMs);
  }

  const figures = { rest: summarize(rest), refresh: summarize(refresh), refreshMs: median(refreshMs) };
  const table = formatTable(
    ['', 'requests', 'p50', 'p99', 'longest loop delay', 'heap', 'peak resident'],
    (['rest', 'refresh'] as const).map((name) => [
      name === 'rest' ? 'at rest' : `while refreshing (${seconds(figures.refreshMs)})`,
      whole(figures[name].requests),
      milliseconds(figures[name].p50Ms),
      milliseconds(figures[name].p99Ms),
      milliseconds(figures[name].eventLoopDelayMs),
      megabytes(figures[name].heapBytes),
      megabytes(figures[name].residentBytesPeak),
    ]),
  );
  for (const line of table) write(line);
  return {
    figures,
    targets: [
      {
        what: 'p99 of a page while refreshing against at rest',
        value: figures.refresh.p99Ms / figures.rest.p99Ms,
        limit: { atMost: LATENCY_SHARE },
        unit: '×',
      },
      {
        what: 'longest delay of the serving event loop while refreshing',
        value: figures.refresh.eventLoopDelayMs,
        limit: { atMost: LOOP_DELAY_MS },
        unit: 'ms',
      },
    ],
  };
};

/** Medians over the rounds for latencies, the largest for the rest. */
function summarize(windows: readonly Window[]) {
  return {
    requests: windows.reduce((sum, { report }) => sum + report.answered, 0),
    p50Ms: median(windows.map(({ report }) => report.latency.p50)),
    p99Ms: median(windows.map(({ report }) => report.latency.p99)),
    eventLoopDelayMs: Math.max(...windows.map((window) => window.eventLoopDelayMs)),
    heapBytes: Math.max(...windows.map((window) => window.heapBytes)),
    residentBytesPeak: Math.max(...windows.map((window) => window.residentBytesPeak)),
  };
}
