/**
 * Workers: one gateway with one serving thread and with two, over the same stored snapshot, under as much load as it
 * takes. What the second thread costs in memory, and what it gives in answers.
 *
 * The load comes from the same machine: with as many cores as serving threads the callers take their share of them.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { startLoad } from '../gateway/load.ts';
import { assertSameServed, readServed, type ServedFacts } from '../gateway/served.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { formatTable, megabytes, milliseconds, whole } from '../support/format.ts';

const WORKERS = [1, 2] as const;
const MEMORY_SHARE = 1.15;
/** Enough for both threads to have work whenever they look for some. */
const CONNECTIONS = 16;
const WARM_UP_BUDGETS = 4;
const LOAD_BUDGETS = 10;

interface WorkersFigures {
  readonly answersPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly residentBytes: number;
  readonly residentBytesPeak: number;
  readonly heapBytes: number;
  readonly eventLoopDelayMs: number;
}

export const runWorkersBenchmark: Benchmark = async ({ records, budgetMs, write }) => {
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  const options = { environment: tenant.environment, dataDir: store.path };
  const expected = await fillStore(options);
  const [one, two] = [
    await measure({ ...options, workers: WORKERS[0] }, expected, budgetMs),
    await measure({ ...options, workers: WORKERS[1] }, expected, budgetMs),
  ];
  const table = formatTable(
    ['serving threads', 'answers a second', 'p50', 'p99', 'resident', 'peak', 'heap', 'loop delay'],
    [one, two].map((figures, index) => [
      String(WORKERS[index]),
      whole(figures.answersPerSecond),
      milliseconds(figures.p50Ms),
      milliseconds(figures.p99Ms),
      megabytes(figures.residentBytes),
      megabytes(figures.residentBytesPeak),
      megabytes(figures.heapBytes),
      milliseconds(figures.eventLoopDelayMs),
    ]),
  );
  for (const line of table) write(line);
  const throughput = two.answersPerSecond / one.answersPerSecond;
  write(`answers of two threads against one: ${throughput.toFixed(2)} ×`);
  return {
    figures: { one, two, throughput },
    targets: [
      {
        what: 'resident set of two serving threads against one',
        value: two.residentBytes / one.residentBytes,
        limit: { atMost: MEMORY_SHARE },
        unit: '×',
      },
    ],
  };
};

async function fillStore(options: GatewayOptions): Promise<ServedFacts> {
  await using gateway = await startGateway(options);
  await gateway.nextRefresh();
  return await readServed(gateway);
}

async function measure(
  options: GatewayOptions,
  expected: ServedFacts,
  budgetMs: number,
): Promise<WorkersFigures> {
  await using gateway = await startGateway(options);
  // Connections fall to threads by chance: several questions meet each of them.
  for (let index = 0; index < 2 * WORKERS.length; index += 1)
    assertSameServed(await readServed(gateway), expected);
  await using load = startLoad({ url: gateway.url, pace: { kind: 'closed', connections: CONNECTIONS } });
  await delay(budgetMs * WARM_UP_BUDGETS);
  await load.report();
  await gateway.read();
  await delay(budgetMs * LOAD_BUDGETS);
  const { answered, durationMs, latency } = await load.report();
  const residentBytes = gateway.residentBytes();
  const { heapBytes, eventLoopDelayMs } = await gateway.read();
  return {
    answersPerSecond: (answered / durationMs) * 1_000,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    residentBytes,
    residentBytesPeak: gateway.peakBytes(),
    heapBytes,
    eventLoopDelayMs,
  };
}
