/**
 * The benchmarks of the gateway: `npm run bench -- --help`.
 *
 * Each checks its answers before it times anything, runs everything that it compares in one go on one machine, and
 * reports ratios beside figures: the machines are noisy, their ratios less so. See README.md in this folder.
 */

import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Benchmark, isMet, type Report } from './benchmark.ts';
import { runHostileBenchmark } from './benchmarks/hostile.ts';
import { runIngestBenchmark } from './benchmarks/ingest.ts';
import { runInterferenceBenchmark } from './benchmarks/interference.ts';
import { runPagedBenchmark } from './benchmarks/paged.ts';
import { runPricesBenchmark } from './benchmarks/prices.ts';
import { runQueriesBenchmark } from './benchmarks/queries.ts';
import { runRestartBenchmark } from './benchmarks/restart.ts';
import { runScopeBenchmark } from './benchmarks/scope.ts';
import { runServingBenchmark } from './benchmarks/serving.ts';
import { runSoakBenchmark } from './benchmarks/soak.ts';
import { runWorkersBenchmark } from './benchmarks/workers.ts';
import { type BenchOptions, parseOptions, toShortCount, USAGE } from './options.ts';
import { formatTargets } from './support/format.ts';
import { describeMachine } from './support/machine.ts';
import { listPeers } from './support/peers.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  ingest: runIngestBenchmark,
  paged: runPagedBenchmark,
  queries: runQueriesBenchmark,
  scope: runScopeBenchmark,
  serving: runServingBenchmark,
  restart: runRestartBenchmark,
  interference: runInterferenceBenchmark,
  hostile: runHostileBenchmark,
  prices: runPricesBenchmark,
  workers: runWorkersBenchmark,
  soak: runSoakBenchmark,
};

const EXIT = { failed: 1, usage: 64 } as const;
const writeLine = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(options: BenchOptions): Promise<void> {
  installPeers();
  await mkdir(options.cacheFolder, { recursive: true });
  const machine = describeMachine();
  writeLine(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);
  writeLine(
    Object.entries(machine.peers)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  );
  writeLine(
    `${options.records.toLocaleString('en')} records; generated files are kept in ${options.cacheFolder}`,
  );
  for (const name of options.names) {
    writeLine(`\n## ${name}\n`);
    const report = await BENCHMARKS[name]!({ ...options, write: writeLine });
    writeLine('');
    for (const line of formatTargets(report.targets)) writeLine(line);
    if (options.outputFolder !== null)
      await writeResult(options.outputFolder, name, options, { machine, report });
  }
}

/** The peers are no dependencies of the gateway: they are fetched when they are needed first, or have changed. */
function installPeers(): void {
  if (listPeers().every(({ asked, installed }) => installed === asked)) return;
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', folder], {
    stdio: 'inherit',
  });
  if (status !== 0)
    throw new Error(`npm ci --prefix ${folder} ended with ${status}: the peers are not there.`);
}

async function writeResult(
  folder: string,
  name: string,
  { records, threads, rounds }: BenchOptions,
  { machine, report }: { machine: ReturnType<typeof describeMachine>; report: Report },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}-${toShortCount(records)}.json`);
  const targets = report.targets.map((target) => ({ ...target, isMet: isMet(target) }));
  const result = {
    benchmark: name,
    at: new Date().toISOString(),
    machine,
    settings: { records, threads, rounds },
    targets,
    figures: report.figures,
  };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  writeLine(`\nwritten: ${file}`);
}

const fail = (error: unknown, exitCode: number): void => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = exitCode;
};

if (process.argv.includes('--help')) {
  writeLine(`${USAGE}\nBenchmarks: ${Object.keys(BENCHMARKS).join(', ')}`);
} else {
  const options = readOptions();
  if (options !== undefined) await run(options).catch((error: unknown) => fail(error, EXIT.failed));
}

function readOptions(): BenchOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2), Object.keys(BENCHMARKS));
  } catch (error) {
    fail(error, EXIT.usage);
    return undefined;
  }
}
