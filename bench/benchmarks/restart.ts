/**
 * Restart: a gateway that reads a tenant's export for the first time, and the same gateway started again over its
 * store. Memory too: with a snapshot and nothing else to do, and at the peak of a refresh beside a served snapshot.
 */

import type { Benchmark, Target } from '../benchmark.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { assertSameServed, measureEmptyGateway, readServed, type ServedFacts } from '../gateway/served.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { formatTable, megabytes, seconds } from '../support/format.ts';
import { median } from '../support/statistics.ts';

const RESTART_SHARE = 1 / 15;
/** The memory targets are those of ten million records and a million distinct certificates. */
const MEMORY_TARGET_RECORDS = 10_000_000;
const STEADY_MEGABYTES = 500;
const PEAK_MEGABYTES = 1_500;
const MEGABYTE = 1_000_000;

interface FirstStart {
  readonly served: ServedFacts;
  /** From the start of the process to the first answer with data. */
  readonly startMs: number;
  readonly refreshMs: number;
  readonly residentBytesPeak: number;
}

interface Restart {
  readonly startMs: number;
  readonly restoreMs: number;
}

export const runRestartBenchmark: Benchmark = async ({ records, rounds, write }) => {
  const emptyBytes = await measureEmptyGateway();
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  const options: GatewayOptions = { environment: tenant.environment, dataDir: store.path };

  const first = await startEmpty(options);
  if (first.served.snapshot.installationCount !== tenant.prepared.records) {
    throw new Error(
      `The gateway has ${first.served.snapshot.installationCount} of ${tenant.prepared.records} records.`,
    );
  }
  const storeBytes = await store.sizeBytes();
  const restarts: Restart[] = [];
  for (let round = 1; round < rounds; round += 1) {
    await using gateway = await startGateway(options);
    restarts.push(await readRestart(gateway, first.served));
  }
  await using gateway = await startGateway(options);
  restarts.push(await readRestart(gateway, first.served));
  const steady = { residentBytes: gateway.residentBytes(), ...(await gateway.read()) };
  await tenant.advance();
  await gateway.resetPeak();
  const second = await gateway.refresh();
  const peakBytes = gateway.peakBytes();

  const startMs = median(restarts.map((restart) => restart.startMs));
  const restoreMs = median(restarts.map((restart) => restart.restoreMs));
  const figures = {
    records: tenant.prepared.records,
    certificates: first.served.snapshot.certificateCount,
    first: { startMs: first.startMs, refreshMs: first.refreshMs, residentBytesPeak: first.residentBytesPeak },
    restart: { startMs, restoreMs },
    secondRefreshMs: second.durationMs,
    storeBytes,
    memory: { emptyBytes, steady, refreshBesideServedPeakBytes: peakBytes },
  };
  const table = formatTable(
    ['', 'refresh or restore', 'process start to first page', 'resident'],
    [
      [
        'without data',
        seconds(first.refreshMs),
        seconds(first.startMs),
        `${megabytes(first.residentBytesPeak)} peak`,
      ],
      ['from the store', seconds(restoreMs), seconds(startMs), megabytes(steady.residentBytes)],
      ['refresh beside a served snapshot', seconds(second.durationMs), '', `${megabytes(peakBytes)} peak`],
      ['a gateway of one device', '', '', megabytes(emptyBytes)],
    ],
  );
  for (const line of table) write(line);
  write(`store: ${megabytes(storeBytes)}; heap when steady: ${megabytes(steady.heapBytes)}`);
  return {
    figures,
    targets: [
      compare('restoring against refreshing', restoreMs / first.refreshMs),
      compare('start over the store against start without data', startMs / first.startMs),
      ...(records < MEMORY_TARGET_RECORDS
        ? []
        : toMemoryTargets({ emptyBytes, steadyBytes: steady.residentBytes, peakBytes })),
    ],
  };
};

async function startEmpty(options: GatewayOptions): Promise<FirstStart> {
  await using gateway = await startGateway(options);
  const { durationMs } = await gateway.nextRefresh();
  const served = await readServed(gateway);
  return {
    served,
    startMs: performance.now() - gateway.startedAt,
    refreshMs: durationMs,
    residentBytesPeak: gateway.peakBytes(),
  };
}

async function readRestart(gateway: Gateway, expected: ServedFacts): Promise<Restart> {
  const served = await readServed(gateway);
  const startMs = performance.now() - gateway.startedAt;
  assertSameServed(served, expected);
  if (gateway.restoreMs === null) throw new Error('The gateway restored nothing.');
  return { startMs, restoreMs: gateway.restoreMs };
}

function compare(what: string, value: number): Target {
  return { what, value, limit: { atMost: RESTART_SHARE }, unit: '×' };
}

function toMemoryTargets(bytes: Record<'emptyBytes' | 'steadyBytes' | 'peakBytes', number>): Target[] {
  return [
    {
      what: 'resident over an empty gateway, steady',
      value: (bytes.steadyBytes - bytes.emptyBytes) / MEGABYTE,
      limit: { atMost: STEADY_MEGABYTES },
      unit: 'MB',
    },
    {
      what: 'resident over an empty gateway, peak of a refresh beside a served snapshot',
      value: (bytes.peakBytes - bytes.emptyBytes) / MEGABYTE,
      limit: { atMost: PEAK_MEGABYTES },
      unit: 'MB',
    },
  ];
}
