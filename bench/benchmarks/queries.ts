/**
 * Queries: the same questions to the engine over a snapshot, to DuckDB and to SQLite, each in a process of its own.
 * SQLite answers first, and the others must answer alike before they are timed.
 */

import type { Benchmark, Target } from '../benchmark.ts';
import type { QueryResult, QueryTask, QuestionTimes, Reference } from '../contenders/query-task.ts';
import { createQuestions, type QuestionKind } from '../contenders/questions.ts';
import { prepareFiles } from '../inventory/files.ts';
import {
  formatTable,
  megabytes,
  microseconds,
  milliseconds,
  seconds,
  times,
  whole,
} from '../support/format.ts';
import { type ContenderRun, runContender } from '../support/processes.ts';

const CONTENDERS = ['sqlite', 'duckdb', 'us'] as const;
type Runs = Readonly<Record<(typeof CONTENDERS)[number], ContenderRun<QueryResult>>>;

const INDEXED_PAGE_MICROSECONDS = 50;
const COMPOUND_ADVANTAGE = 20;

interface QuestionFigures {
  readonly name: string;
  readonly kind: QuestionKind;
  readonly total: number;
  /** Microseconds. */
  readonly us: QuestionTimes;
  readonly duckdb: QuestionTimes;
  readonly sqlite: QuestionTimes;
}

export const runQueriesBenchmark: Benchmark = async (context) => {
  const { threads, budgetMs, write } = context;
  const { paths } = await prepareFiles('export', context);
  const runs = await runContenders({ paths, threads, budgetMs });
  const questions = createQuestions().map(({ name, kind }, index): QuestionFigures => {
    const { times: us } = runs.us.result;
    const total = runs.sqlite.result.answers[index]!.total;
    const peers = { duckdb: runs.duckdb.result.times[index]!, sqlite: runs.sqlite.result.times[index]! };
    return { name, kind, total, us: us[index]!, ...peers };
  });
  for (const line of toTable(questions)) write(line);
  write('');
  for (const line of toCostTable(runs)) write(line);
  const costs = Object.fromEntries(CONTENDERS.map((name) => [name, runs[name].cost]));
  return { figures: { questions, costs }, targets: toTargets(questions) };
};

async function runContenders(task: Omit<QueryTask, 'reference'>): Promise<Runs> {
  const run = (name: string, reference: Reference | null): Promise<ContenderRun<QueryResult>> =>
    runContender<QueryTask, QueryResult>(new URL(`../contenders/${name}/queries.ts`, import.meta.url), {
      ...task,
      reference,
    });
  const sqlite = await run('sqlite', null);
  const { answers, cursors } = sqlite.result;
  const reference = { answers, cursors };
  return { sqlite, duckdb: await run('duckdb', reference), us: await run('us', reference) };
}

function toTable(questions: readonly QuestionFigures[]): string[] {
  return formatTable(
    [
      'µs',
      'matches',
      'us p50',
      'p99',
      'fresh',
      'first',
      'DuckDB p50',
      'p99',
      'SQLite p50',
      'p99',
      'to DuckDB',
      'to SQLite',
    ],
    questions.map(({ name, total, us, duckdb, sqlite }) => [
      name,
      whole(total),
      microseconds(us.warm.p50),
      microseconds(us.warm.p99),
      microseconds(toFresh(us)),
      microseconds(us.firstMicroseconds),
      microseconds(duckdb.warm.p50),
      microseconds(duckdb.warm.p99),
      microseconds(sqlite.warm.p50),
      microseconds(sqlite.warm.p99),
      times(duckdb.warm.p50 / us.warm.p50),
      times(sqlite.warm.p50 / us.warm.p50),
    ]),
  );
}

function toCostTable(runs: Runs): string[] {
  return formatTable(
    ['', 'load', 'peak resident', 'heap', 'loop delay'],
    CONTENDERS.map((name) => {
      const { result, cost } = runs[name];
      return [
        name,
        seconds(result.loadMs),
        megabytes(cost.residentBytesPeak),
        megabytes(cost.heapBytes),
        milliseconds(cost.eventLoopDelayMs),
      ];
    }),
  );
}

/**
 * Warm times say what page two costs, fresh ones what the first caller waits for: both count against us, and of
 * the peers the warm times, which are their best.
 */
function toTargets(questions: readonly QuestionFigures[]): Target[] {
  const ofKind = (...kinds: QuestionKind[]): QuestionFigures[] =>
    questions.filter(({ kind }) => kinds.includes(kind));
  const slowest = (kind: QuestionKind): number => Math.max(...ofKind(kind).map(({ us }) => us.warm.p50));
  const least = (peer: 'duckdb' | 'sqlite', ours: (us: QuestionTimes) => number): number =>
    Math.min(...ofKind('compound').map((question) => question[peer].warm.p50 / ours(question.us)));
  const atMost = INDEXED_PAGE_MICROSECONDS;
  const atLeast = COMPOUND_ADVANTAGE;
  const warm = ({ warm: { p50 } }: QuestionTimes): number => p50;
  return [
    { what: 'slowest page of any order, p50', value: slowest('page'), limit: { atMost }, unit: 'µs' },
    {
      what: 'slowest indexed range with its total, p50',
      value: slowest('range'),
      limit: { atMost },
      unit: 'µs',
    },
    {
      what: 'compound filters: least advantage over DuckDB, warm',
      value: least('duckdb', warm),
      limit: { atLeast },
      unit: '×',
    },
    {
      what: 'compound filters: least advantage over SQLite, warm',
      value: least('sqlite', warm),
      limit: { atLeast },
      unit: '×',
    },
    {
      what: 'compound filters: least advantage over DuckDB, fresh',
      value: least('duckdb', toFresh),
      limit: { atLeast },
      unit: '×',
    },
    {
      what: 'compound filters: least advantage over SQLite, fresh',
      value: least('sqlite', toFresh),
      limit: { atLeast },
      unit: '×',
    },
  ];
}

function toFresh(us: QuestionTimes): number {
  return us.fresh?.p50 ?? Number.NaN;
}
