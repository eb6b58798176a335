/**
 * Prices: what operations of every shape cost, next to the processor time that they take. A unit of cost should be 1 to 5
 * microseconds, whatever is asked for: less, and honest callers pay for nothing; more, and hostile ones are too cheap.
 */

import type { Benchmark, Target } from '../benchmark.ts';
import type { PriceFigures, PricesTask } from '../contenders/us/prices.ts';
import { prepareFiles } from '../inventory/files.ts';
import { formatTable, microseconds, milliseconds, whole } from '../support/format.ts';
import { runContender } from '../support/processes.ts';

const CONTENDER = new URL('../contenders/us/prices.ts', import.meta.url);
/** Shapes together should not take minutes: of the budget of a load, each gets this part. */
const SHARE = 0.01;
/** What is shorter than this harms nobody, and is much of what every request takes. */
const LEAST_MS = 10;
const MOST_MICROSECONDS = 5;

export const runPricesBenchmark: Benchmark = async (context) => {
  const { threads, budgetMs, write } = context;
  const { paths } = await prepareFiles('export', context);
  const task: PricesTask = { paths, threads, budgetMs: budgetMs * SHARE, only: null };
  const { result } = await runContender<PricesTask, readonly PriceFigures[]>(CONTENDER, task);
  for (const line of toTable(result)) write(line);
  return { figures: { shapes: result }, targets: toTargets(result) };
};

/** Microseconds of the processor for a unit of cost. */
function toUnit({ cost, milliseconds: taken }: PriceFigures): number {
  return (taken * 1_000) / Math.max(1, cost ?? 1);
}

function toTable(figures: readonly PriceFigures[]): string[] {
  return formatTable(
    ['shape', 'cost', 'time', 'µs a unit', 'longest hold', 'errors'],
    figures.map((figure) => [
      figure.name,
      figure.cost === null ? '' : whole(figure.cost),
      milliseconds(figure.milliseconds),
      microseconds(toUnit(figure)),
      milliseconds(figure.holdMs),
      figure.codes.join(' '),
    ]),
  );
}

function toTargets(figures: readonly PriceFigures[]): Target[] {
  const long = figures.filter(({ cost, milliseconds: taken }) => cost !== null && taken >= LEAST_MS);
  return [
    {
      what: `dearest shape of those that take ${LEAST_MS} ms`,
      value: Math.max(0, ...long.map(toUnit)),
      limit: { atMost: MOST_MICROSECONDS },
      unit: 'µs',
    },
  ];
}
