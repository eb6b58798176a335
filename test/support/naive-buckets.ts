/**
 * Token buckets as one would explain them: each millisecond a little is put in, what does not fit is lost, and whoever
 * finds enough takes it. Slow, and whole: it counts in units of which a minute's milliseconds make one.
 */

import { RATE_KINDS, type RateAmounts, type RateKind } from '../../src/core/rates.ts';

const PARTS = 60_000n;

export interface NaiveBuckets {
  /** Lets a millisecond pass, so many times. */
  wait(durationMs: number): void;
  /** Whether there was enough; then it is gone. */
  take(callerId: string, kind: RateKind, amount: number): boolean;
  /** Whole units in a bucket. */
  count(callerId: string, kind: RateKind): number;
}

export function createNaiveBuckets(limits: RateAmounts): NaiveBuckets {
  const buckets = new Map<string, { level: bigint; readonly limit: bigint }>();

  function find(callerId: string, kind: RateKind) {
    const name = JSON.stringify([callerId, kind]);
    const limit = BigInt(limits[kind]);
    const bucket = buckets.get(name) ?? { level: limit * PARTS, limit };
    buckets.set(name, bucket);
    return bucket;
  }

  return {
    wait: (durationMs) => {
      for (let millisecond = 0; millisecond < durationMs; millisecond += 1) {
        for (const bucket of buckets.values()) {
          const filled = bucket.level + bucket.limit;
          bucket.level = filled > bucket.limit * PARTS ? bucket.limit * PARTS : filled;
        }
      }
    },
    take: (callerId, kind, amount) => {
      const bucket = find(callerId, kind);
      if (bucket.limit === 0n) return true;
      const wanted = BigInt(amount) * PARTS;
      if (bucket.level < wanted) return false;
      bucket.level -= wanted;
      return true;
    },
    count: (callerId, kind) => Number(find(callerId, kind).level / PARTS),
  };
}

/** The count of each kind. */
export function countAll(buckets: NaiveBuckets, callerId: string): RateAmounts {
  const [requests, cost] = RATE_KINDS.map((kind) => buckets.count(callerId, kind));
  return { requests: requests!, cost: cost! };
}
