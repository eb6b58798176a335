/** Percentiles of samples. The machines are noisy: medians say what is usual, never means. */

export interface TimeSummary {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
}

/** In the unit of the samples. With less than a hundred samples `p99` is the largest one. */
export function summarizeTimes(samples: readonly number[]): TimeSummary {
  const sorted = samples.toSorted((left, right) => left - right);
  return { samples: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

/** The smallest sample that at least the share of all are not above. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return summarizeTimes(samples).p50;
}
