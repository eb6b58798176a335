/**
 * The paged endpoint against export files: the same records, as pages that name the next one and as files that can
 * be read side by side. Both must give the same snapshot, byte for byte.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import type { PagedResult, PagedTask } from '../contenders/us/paged.ts';
import { prepareFiles } from '../inventory/files.ts';
import { formatTable, megabytes, milliseconds, seconds } from '../support/format.ts';
import { type ContenderRun, runContender } from '../support/processes.ts';
import { median } from '../support/statistics.ts';

const KINDS = ['export', 'pages'] as const;
type Kind = (typeof KINDS)[number];
const CONTENDER = new URL('../contenders/us/paged.ts', import.meta.url);
const PAGES_SHARE = 1.3;

export const runPagedBenchmark: Benchmark = async (context) => {
  const { threads, rounds, write } = context;
  const files = {
    export: await prepareFiles('export', context),
    pages: await prepareFiles('pages', context),
  };
  const runs: Record<Kind, ContenderRun<PagedResult>[]> = { export: [], pages: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of KINDS) {
      const { paths } = files[kind];
      runs[kind].push(await runContender<PagedTask, PagedResult>(CONTENDER, { kind, paths, threads }));
    }
    const [exported, paged] = KINDS.map((kind) => runs[kind].at(-1)!.result);
    if (exported!.summary.installations !== files.export.records) throw new Error('Records are missing.');
    if (!isDeepStrictEqual(paged!.digests, exported!.digests)) {
      throw new Error(`Pages give another snapshot than files: ${paged!.digests} and ${exported!.digests}.`);
    }
  }

  const summarize = (kind: Kind) => ({
    files: files[kind].paths.length,
    textBytes: files[kind].textBytes,
    durationMs: median(runs[kind].map(({ result }) => result.durationMs)),
    cpuMs: median(runs[kind].map(({ result }) => result.compared.cpuMs)),
    residentBytesPeak: Math.max(...runs[kind].map(({ cost }) => cost.residentBytesPeak)),
    heapBytes: Math.max(...runs[kind].map(({ cost }) => cost.heapBytes)),
    eventLoopDelayMs: Math.max(...runs[kind].map(({ cost }) => cost.eventLoopDelayMs)),
  });
  const figures = { export: summarize('export'), pages: summarize('pages') };
  const table = formatTable(
    ['', 'time', 'processor', 'peak resident', 'heap', 'loop delay'],
    KINDS.map((kind) => [
      kind,
      seconds(figures[kind].durationMs),
      seconds(figures[kind].cpuMs),
      megabytes(figures[kind].residentBytesPeak),
      megabytes(figures[kind].heapBytes),
      milliseconds(figures[kind].eventLoopDelayMs),
    ]),
  );
  for (const line of table) write(line);
  return {
    figures,
    targets: [
      {
        what: 'time of pages against export files',
        value: figures.pages.durationMs / figures.export.durationMs,
        limit: { atMost: PAGES_SHARE },
        unit: '×',
      },
    ],
  };
};
