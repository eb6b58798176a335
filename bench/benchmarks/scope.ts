/**
 * Row scope: what it takes to open the part of an inventory that belongs to some RBAC groups, and what the questions of
 * the queries benchmark cost within it, next to the whole inventory.
 */

import type { Benchmark, Target } from '../benchmark.ts';
import type { QuestionKind } from '../contenders/question.ts';
import { createQuestions } from '../contenders/questions.ts';
import type { ScopeFigures, ScopeResult, ScopeTask } from '../contenders/us/scope.ts';
import { prepareFiles } from '../inventory/files.ts';
import { formatTable, megabytes, microseconds, milliseconds, whole } from '../support/format.ts';
import { runContender } from '../support/processes.ts';

const CONTENDER = new URL('../contenders/us/scope.ts', import.meta.url);
const NAMES = ['whole', 'smallest group', 'largest group', 'all groups'] as const;
const PAGE_MICROSECONDS = 50;

export const runScopeBenchmark: Benchmark = async (context) => {
  const { threads, budgetMs, write } = context;
  const { paths } = await prepareFiles('export', context);
  const { result } = await runContender<ScopeTask, ScopeResult>(CONTENDER, { paths, threads, budgetMs });
  const all = [result.whole, ...result.scopes];
  for (const line of toScopeTable(all)) write(line);
  write('');
  for (const line of toQuestionTable(all)) write(line);
  return { figures: { ...result }, targets: toTargets(result) };
};

function toScopeTable(all: readonly ScopeFigures[]): string[] {
  return formatTable(
    ['', 'devices', 'certificates', 'installations', 'memory', 'to open', 'longest piece'],
    all.map(({ devices, certificates, installations, bytes, openMs, longestPieceMs }, index) => [
      NAMES[index]!,
      whole(devices),
      whole(certificates),
      whole(installations),
      megabytes(bytes),
      milliseconds(openMs.p50),
      milliseconds(longestPieceMs),
    ]),
  );
}

function toQuestionTable(all: readonly ScopeFigures[]): string[] {
  return formatTable(
    ['µs', ...NAMES.flatMap((name) => [name, 'first'])],
    createQuestions().map(({ name }, index) => [
      name,
      ...all.flatMap(({ warm, fresh }) => [microseconds(warm[index]!.p50), microseconds(fresh[index]!.p50)]),
    ]),
  );
}

function toTargets({ scopes }: ScopeResult): Target[] {
  const slowest = (kind: QuestionKind): number =>
    Math.max(
      ...createQuestions().flatMap((question, index) =>
        question.kind === kind ? scopes.map(({ warm }) => warm[index]!.p50) : [],
      ),
    );
  return [
    {
      what: 'slowest page of any order in a scope, p50',
      value: slowest('page'),
      limit: { atMost: PAGE_MICROSECONDS },
      unit: 'µs',
    },
    {
      what: 'slowest indexed range with its total in a scope, p50',
      value: slowest('range'),
      limit: { atMost: PAGE_MICROSECONDS },
      unit: 'µs',
    },
  ];
}
