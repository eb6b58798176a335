/**
 * Soak: refresh after refresh, each with new data, under a light load. Memory must be the same after the last as it
 * was after the first few: heap, buffers outside of it, snapshots, and the resident set.
 *
 * A gateway that keeps the quota of the export endpoint asks five times a minute at most; the benchmark waits for it.
 */

import type { Benchmark, Target } from '../benchmark.ts';
import { startGateway } from '../gateway/gateway.ts';
import { LIGHT_RATE_PER_SECOND, startLoad } from '../gateway/load.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { formatTable, megabytes, milliseconds, seconds, whole } from '../support/format.ts';
import { median } from '../support/statistics.ts';

/** As many as the export endpoint allows in an hour. */
const REFRESHES = 20;
const QUICK_REFRESHES = 4;
const QUICK_BUDGET_MS = 50;
/** Growth that is still called flat: caches fill, and the allocator keeps pages for some time. */
const FLAT_MEGABYTES = 5;
const FLAT_SHARE = 1.1;
const MEGABYTE = 1_000_000;

const MEMORIES = ['heapBytes', 'bufferBytes', 'snapshotBytes', 'residentBytes'] as const;
type Memory = (typeof MEMORIES)[number];

interface AfterRefresh {
  readonly refreshMs: number;
  readonly heapBytes: number;
  readonly bufferBytes: number;
  /** Of all snapshots in memory. */
  readonly snapshotBytes: number;
  readonly residentBytes: number;
  readonly eventLoopDelayMs: number;
  readonly p99Ms: number;
  readonly requests: number;
}

export const runSoakBenchmark: Benchmark = async ({ records, budgetMs, write }) => {
  const refreshes = budgetMs < QUICK_BUDGET_MS ? QUICK_REFRESHES : REFRESHES;
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  await using gateway = await startGateway({ environment: tenant.environment, dataDir: store.path });
  await using load = await gateway
    .nextRefresh()
    .then(() => startLoad({ url: gateway.url, pace: { kind: 'rate', perSecond: LIGHT_RATE_PER_SECOND } }));
  const after: AfterRefresh[] = [];
  for (let count = 1; count < refreshes; count += 1) {
    await tenant.advance();
    await load.report();
    await gateway.read();
    const { durationMs, revision } = await gateway.refresh();
    if (revision !== count + 1) throw new Error(`Refresh ${count + 1} published revision ${revision}.`);
    const { answered, latency } = await load.report();
    after.push({
      refreshMs: durationMs,
      ...(await gateway.read()),
      snapshotBytes: await gateway.snapshotBytes(),
      residentBytes: gateway.residentBytes(),
      p99Ms: latency.p99,
      requests: answered,
    });
  }
  for (const line of toTable(after)) write(line);
  const slopes = MEMORIES.map((key) => [key, findSlope(after.map((each) => each[key]))] as const);
  const texts = slopes.map(([key, bytes]) => `${key} ${(bytes / MEGABYTE).toFixed(2)} MB`);
  write(`slope per refresh, over the second half: ${texts.join(', ')}`);
  return {
    figures: { after, slopesInBytesPerRefresh: Object.fromEntries(slopes) },
    targets: toTargets(after),
  };
};

function toTable(after: readonly AfterRefresh[]): string[] {
  return formatTable(
    ['after refresh', 'took', 'heap', 'buffers', 'snapshots', 'resident', 'loop delay', 'requests', 'p99'],
    after.map((each, index) => [
      String(index + 2),
      seconds(each.refreshMs),
      megabytes(each.heapBytes),
      megabytes(each.bufferBytes),
      megabytes(each.snapshotBytes),
      megabytes(each.residentBytes),
      milliseconds(each.eventLoopDelayMs),
      whole(each.requests),
      milliseconds(each.p99Ms),
    ]),
  );
}

/** Least squares over the second half, where caches are full: growth from one value to the next. */
function findSlope(values: readonly number[]): number {
  const half = values.slice(Math.floor(values.length / 2));
  const meanIndex = (half.length - 1) / 2;
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length;
  let numerator = 0;
  let denominator = 0;
  for (const [index, value] of half.entries()) {
    numerator += (index - meanIndex) * (value - mean);
    denominator += (index - meanIndex) ** 2;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}

function toTargets(after: readonly AfterRefresh[]): Target[] {
  const quarter = Math.max(1, Math.floor(after.length / 4));
  const early = (key: Memory): number => median(after.slice(quarter, 2 * quarter).map((each) => each[key]));
  const late = (key: Memory): number => median(after.slice(-quarter).map((each) => each[key]));
  const grown = (key: Memory): number => (late(key) - early(key)) / MEGABYTE;
  const when = 'of the last quarter of the refreshes over the second';
  return [
    { what: `heap ${when}`, value: grown('heapBytes'), limit: { atMost: FLAT_MEGABYTES }, unit: 'MB' },
    { what: `buffers ${when}`, value: grown('bufferBytes'), limit: { atMost: FLAT_MEGABYTES }, unit: 'MB' },
    {
      what: `snapshots ${when}`,
      value: grown('snapshotBytes'),
      limit: { atMost: FLAT_MEGABYTES },
      unit: 'MB',
    },
    {
      what: 'resident set of the last quarter of the refreshes against the second',
      value: late('residentBytes') / early('residentBytes'),
      limit: { atMost: FLAT_SHARE },
      unit: '×',
    },
  ];
}
