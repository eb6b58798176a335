/**
 * Ingest: the same gzip JSON Lines files on disk, read by the gateway into a snapshot with all its orders, by DuckDB
 * and by SQLite, and gunzipped into nothing as the limit that nobody can beat. Each in a process of its own, all with
 * the same number of threads.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Benchmark, Target } from '../benchmark.ts';
import type { GunzipResult, IngestResult, IngestTask } from '../contenders/ingest-task.ts';
import { type InventoryFiles, prepareFiles } from '../inventory/files.ts';
import { formatTable, megabytes, milliseconds, seconds, times, whole } from '../support/format.ts';
import { type ProcessCost, runContender } from '../support/processes.ts';
import { median } from '../support/statistics.ts';

/** Medians over the rounds; peaks are the largest of all. */
interface Figures {
  readonly durationMs: number;
  readonly compared: IngestResult['compared'];
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly cost: ProcessCost;
}

type ContenderName = 'gunzip' | 'us' | 'duckdb' | 'duckdbDetecting' | 'sqlite';

const TITLES: Readonly<Record<ContenderName, string>> = {
  gunzip: 'gunzip alone (limit)',
  us: 'us: snapshot with all orders',
  duckdb: 'DuckDB: columns declared',
  duckdbDetecting: 'DuckDB: columns detected',
  sqlite: 'SQLite: tables and indexes',
};

const DUCKDB_SHARE = 1 / 3;
const GUNZIP_SHARE = 1.7;
/** Ten times the records in at most eleven times the time. */
const GROWTH = 11;
const GROWTH_FROM_RECORDS = 1_000_000;

export const runIngestBenchmark: Benchmark = async (context) => {
  const { records, threads, rounds, write } = context;
  const files = await prepareFiles('export', context);
  const task: IngestTask = { paths: files.paths, threads };
  write(describeFiles(files, threads));

  const figures = summarizeRounds(await runRounds(files, task, rounds));
  for (const line of toTable(figures)) write(line);

  const { us, gunzip, duckdb, duckdbDetecting } = figures;
  const targets: Target[] = [
    compare(
      'time against DuckDB read_json, columns declared',
      us.durationMs / duckdb.compared.durationMs,
      DUCKDB_SHARE,
    ),
    compare(
      'time against DuckDB read_json, columns detected',
      us.durationMs / duckdbDetecting.compared.durationMs,
      DUCKDB_SHARE,
    ),
    compare('time against gunzip alone', us.durationMs / gunzip.durationMs, GUNZIP_SHARE),
  ];
  if (records >= GROWTH_FROM_RECORDS) {
    const tenth = await prepareFiles('export', { ...context, records: Math.round(records / 10) });
    const durations: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      durations.push((await runUs({ paths: tenth.paths, threads })).result.durationMs);
    }
    targets.push(compare('time against a tenth of the records', us.durationMs / median(durations), GROWTH));
  }
  const { folder: _, paths, ...described } = files;
  return { figures: { files: { ...described, paths: paths.length }, ...figures }, targets };
};

function describeFiles({ paths, records, textBytes, gzipBytes }: InventoryFiles, threads: number): string {
  return (
    `${paths.length} files, ${whole(records)} records of ${whole(textBytes / records)} bytes, ` +
    `${megabytes(textBytes)} of JSON, ${megabytes(gzipBytes)} of gzip; ${threads} threads`
  );
}

const module = (path: string): URL => new URL(`../contenders/${path}.ts`, import.meta.url);
const runUs = (task: IngestTask) => runContender<IngestTask, IngestResult>(module('us/ingest'), task);

type Runs = Readonly<Record<ContenderName, readonly Figures[]>>;

/** Round by round, so that a noisy minute hits all alike. SQLite, the slowest by far, runs once. */
async function runRounds(files: InventoryFiles, task: IngestTask, rounds: number): Promise<Runs> {
  const runs: Record<ContenderName, Figures[]> = {
    gunzip: [],
    us: [],
    duckdb: [],
    duckdbDetecting: [],
    sqlite: [],
  };
  const duckdb = module('duckdb/ingest');
  for (let round = 0; round < rounds; round += 1) {
    const gunzip = await runContender<IngestTask, GunzipResult>(module('gunzip/gunzip'), task);
    const answers = {
      duckdb: await runContender<object, IngestResult>(duckdb, { ...task, columns: 'declared' }),
      duckdbDetecting: await runContender<object, IngestResult>(duckdb, { ...task, columns: 'detected' }),
      ...(round === 0
        ? { sqlite: await runContender<IngestTask, IngestResult>(module('sqlite/ingest'), task) }
        : {}),
      us: await runUs(task),
    };
    if (gunzip.result.textBytes !== files.textBytes) throw new Error('gunzip gave another number of bytes.');
    const { durationMs } = gunzip.result;
    runs.gunzip.push({ durationMs, compared: gunzip.result, phasesMs: {}, cost: gunzip.cost });
    const expected = answers.duckdb.result.summary;
    if (expected.installations !== files.records)
      throw new Error(`DuckDB has ${expected.installations} records.`);
    for (const [name, { result, cost }] of Object.entries(answers)) {
      if (!isDeepStrictEqual({ ...result.summary }, expected)) {
        throw new Error(
          `${name} has ${JSON.stringify(result.summary)}, expected ${JSON.stringify(expected)}.`,
        );
      }
      runs[name as ContenderName].push({ ...result, cost });
    }
  }
  return runs;
}

function summarizeRounds(runs: Runs): Readonly<Record<ContenderName, Figures>> {
  const summarize = (list: readonly Figures[]): Figures => {
    const middle = (get: (figures: Figures) => number): number => median(list.map(get));
    const most = (get: (figures: Figures) => number): number => Math.max(...list.map(get));
    return {
      durationMs: middle((figures) => figures.durationMs),
      compared: {
        durationMs: middle(({ compared }) => compared.durationMs),
        cpuMs: middle(({ compared }) => compared.cpuMs),
      },
      phasesMs: Object.fromEntries(
        Object.keys(list[0]!.phasesMs).map((phase) => [phase, middle(({ phasesMs }) => phasesMs[phase]!)]),
      ),
      cost: {
        cpuMs: middle(({ cost }) => cost.cpuMs),
        residentBytesAtStart: middle(({ cost }) => cost.residentBytesAtStart),
        residentBytesPeak: most(({ cost }) => cost.residentBytesPeak),
        heapBytes: most(({ cost }) => cost.heapBytes),
        eventLoopDelayMs: most(({ cost }) => cost.eventLoopDelayMs),
      },
    };
  };
  return Object.fromEntries(
    Object.entries(runs).map(([name, list]) => [name, summarize(list)]),
  ) as unknown as Readonly<Record<ContenderName, Figures>>;
}

function toTable(figures: Readonly<Record<ContenderName, Figures>>): string[] {
  return formatTable(
    [
      '',
      'time',
      'compared',
      'of gunzip',
      'processor',
      'of gunzip',
      'peak resident',
      'heap',
      'loop delay',
      'phases',
    ],
    Object.entries(figures).map(([name, { durationMs, compared, phasesMs, cost }]) => [
      TITLES[name as ContenderName],
      seconds(durationMs),
      seconds(compared.durationMs),
      times(compared.durationMs / figures.gunzip.durationMs),
      seconds(compared.cpuMs),
      times(compared.cpuMs / figures.gunzip.compared.cpuMs),
      megabytes(cost.residentBytesPeak),
      megabytes(cost.heapBytes),
      milliseconds(cost.eventLoopDelayMs),
      Object.entries(phasesMs)
        .map(([phase, ms]) => `${phase} ${seconds(ms)}`)
        .join(', '),
    ]),
  );
}

function compare(what: string, value: number, atMost: number): Target {
  return { what, value, limit: { atMost }, unit: '×' };
}
