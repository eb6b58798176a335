/** The flags of `npm run bench`, checked: every fault is named at once. */

import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** In the order in which they run; empty = all. */
  readonly names: readonly string[];
  readonly records: number;
  readonly threads: number;
  readonly rounds: number;
  readonly budgetMs: number;
  readonly cacheFolder: string;
  /** Where result files go; `null` = nowhere. */
  readonly outputFolder: string | null;
}

export const USAGE = `Usage: npm run bench -- [benchmark …] [options]
  --records <n>    records of the simulated fleet, as 100k, 1m, 10m or any number (default 1m)
  --threads <n>    threads that each contender may use (default: the machine's cores)
  --rounds <n>     runs of each contender, of which the median counts (default 3; 1 above 2m records)
  --cache <dir>    where generated export files are kept (default: gateway-bench in the system's temporary folder)
  --out <dir>      where result files go (default bench/results)
  --quick          every answer is checked, little is timed and nothing is written`;

const FLAGS = {
  records: { type: 'string', default: '1m' },
  threads: { type: 'string' },
  rounds: { type: 'string' },
  cache: { type: 'string' },
  out: { type: 'string' },
  quick: { type: 'boolean', default: false },
} as const;

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 };
const LEAST_RECORDS = 2_000;
const MOST_RECORDS = 100_000_000;
const MANY_RECORDS = 2_000_000;
const BUDGET_MS = 500;
const QUICK_BUDGET_MS = 5;

/** @throws Error whose message lists what is wrong with the arguments */
export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  const faults = positionals
    .filter((name) => !known.includes(name))
    .map((name) => `There is no benchmark ${name}; there are: ${known.join(', ')}.`);
  const count = (name: 'threads' | 'rounds', fallback: number): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
    faults.push(`--${name}: expected a whole number from 1 to 999, but got: ${text}.`);
    return fallback;
  };
  const records = toCount(values.records) ?? Number.NaN;
  if (!(records >= LEAST_RECORDS && records <= MOST_RECORDS)) {
    faults.push(`--records: expected 2k to 100m, as in 100k, 1m or 250000, but got: ${values.records}.`);
  }
  const outputFolder = values.out ?? fileURLToPath(new URL('./results', import.meta.url));
  const options: BenchOptions = {
    names: positionals.length === 0 ? known : positionals,
    records,
    threads: count('threads', availableParallelism()),
    rounds: count('rounds', values.quick || records > MANY_RECORDS ? 1 : 3),
    budgetMs: values.quick ? QUICK_BUDGET_MS : BUDGET_MS,
    cacheFolder: values.cache ?? join(tmpdir(), 'gateway-bench'),
    outputFolder: values.quick && values.out === undefined ? null : outputFolder,
  };
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return options;
}

/** `1m` → 1,000,000. */
function toCount(text: string): number | undefined {
  const [, digits, suffix] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Math.round(Number(digits) * SUFFIXES[suffix!.toLowerCase()]!);
}

/** 1,000,000 → `1m`: for names of files. */
export function toShortCount(count: number): string {
  if (count % 1e6 === 0) return `${count / 1e6}m`;
  return count % 1e3 === 0 ? `${count / 1e3}k` : String(count);
}
