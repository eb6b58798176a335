/**
 * Queries: the same questions to the engine over a snapshot, to DuckDB and to SQLite, each in a process of its own.
 * SQLite answers first, and the others must answer alike before they are timed.
 */

import type { Benchmark, BenchmarkContext, Target } from '../benchmark.ts';
import type { QueryResult, QueryTask, QuestionTimes, Reference } from '../contenders/query-task.ts';
import type { QuestionKind } from '../contenders/question.ts';
import { createQuestions } from '../contenders/questions.ts';
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
/** A page costs with ten million records at most this much of what it costs with one million. */
const GROWTH = 1.5;
const GROWTH_FROM_RECORDS = 10_000_000;

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
  const targets = toTargets(questions);
  if (context.records >= GROWTH_FROM_RECORDS) targets.push(await compareWithTenth(context, questions));
  const costs = Object.fromEntries(CONTENDERS.map((name) => [name, runs[name].cost]));
  return { figures: { questions, costs }, targets };
};

async function runContenders(task: Task): Promise<Runs> {
  const { sqlite, reference } = await askReference(task);
  return {
    sqlite,
    duckdb: await ask('duckdb', { ...task, reference }),
    us: await ask('us', { ...task, reference }),
  };
}

type Task = Omit<QueryTask, 'reference'>;

async function askReference(
  task: Task,
): Promise<{ sqlite: ContenderRun<QueryResult>; reference: Reference }> {
  const sqlite = await ask('sqlite', { ...task, reference: null });
  const { answers, cursors } = sqlite.result;
  return { sqlite, reference: { answers, cursors } };
}

function ask(name: string, task: QueryTask): Promise<ContenderRun<QueryResult>> {
  return runContender(new URL(`../contenders/${name}/queries.ts`, import.meta.url), task);
}

/** The slowest page against the slowest with a tenth of the records. */
async function compareWithTenth(
  context: BenchmarkContext,
  questions: readonly QuestionFigures[],
): Promise<Target> {
  const { threads, budgetMs, records } = context;
  const { paths } = await prepareFiles('export', { ...context, records: Math.round(records / 10) });
  const { reference } = await askReference({ paths, threads, budgetMs: 0 });
  const { result } = await ask('us', { paths, threads, budgetMs, reference });
  const tenth = questions.map((question, index) => ({ ...question, us: result.times[index]! }));
  return {
    what: 'slowest page of any order against a tenth of the records, p50',
    value: findSlowest(questions, 'page') / findSlowest(tenth, 'page'),
    limit: { atMost: GROWTH },
    unit: '×',
  };
}

function findSlowest(questions: readonly QuestionFigures[], kind: QuestionKind): number {
  return Math.max(...questions.filter((each) => each.kind === kind).map(({ us }) => us.warm.p50));
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
  const least = (peer: 'duckdb' | 'sqlite', ours: (us: QuestionTimes) => number): number =>
    Math.min(
      ...questions
        .filter(({ kind }) => kind === 'compound')
        .map((question) => question[peer].warm.p50 / ours(question.us)),
    );
  const atMost = INDEXED_PAGE_MICROSECONDS;
  const atLeast = COMPOUND_ADVANTAGE;
  const warm = ({ warm: { p50 } }: QuestionTimes): number => p50;
  return [
    {
      what: 'slowest page of any order, p50',
      value: findSlowest(questions, 'page'),
      limit: { atMost },
      unit: 'µs',
    },
    {
      what: 'slowest indexed range with its total, p50',
      value: findSlowest(questions, 'range'),
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
