/** What a benchmark is: something that checks its answers, measures, and reports figures and targets. */

/** What every benchmark is told. */
export interface BenchmarkContext {
  /** Records of the simulated fleet, about. */
  readonly records: number;
  /** Threads that a contender may use. */
  readonly threads: number;
  /** Times that a contender runs; the median counts. */
  readonly rounds: number;
  /** How long a question or a load goes on, milliseconds, about. */
  readonly budgetMs: number;
  /** Where generated files are kept from run to run. */
  readonly cacheFolder: string;
  readonly write: (line: string) => void;
}

/** One line of the table of targets. */
export interface Target {
  readonly what: string;
  /** What was measured, in `unit`. */
  readonly value: number;
  /** The most that `value` may be, or the least. */
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
  /** `×` for ratios. */
  readonly unit: '×' | 'µs' | 'ms' | 'MB';
}

export interface Report {
  /** Everything measured, as plain values; goes into the result file. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly targets: readonly Target[];
}

export type Benchmark = (context: BenchmarkContext) => Promise<Report>;

export function isMet({ value, limit }: Target): boolean {
  return 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast;
}
