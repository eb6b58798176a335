/** When a gateway is killed: a seeded schedule of points, spread over refreshes, publications and starts. */

import fc from 'fast-check';
import type { KillPoint } from './kill-switch.ts';

/** What a restart must serve: the snapshot of before the refresh, that of the refresh, or one of the two. */
export type Survivor = 'old' | 'new' | 'either';

export type Crash =
  /** During a refresh, at a step of its work with the store. */
  | { readonly kind: 'step'; readonly point: KillPoint; readonly survivor: Survivor }
  /** During a refresh, so many milliseconds after it has begun. */
  | { readonly kind: 'moment'; readonly afterMs: number }
  /** During a start, at a step of reading the store. */
  | { readonly kind: 'restore'; readonly point: KillPoint }
  /** During a start, so many milliseconds after the process was made. */
  | { readonly kind: 'start'; readonly afterMs: number };

/** Chunks that a refresh of the small tenant writes at least, and that the next one removes. */
const CHUNKS = 6;
/** About what a refresh of the small tenant takes, and a start. */
const REFRESH_MS = 1_000;
const START_MS = 1_200;

const nth = (maximum: number) => fc.integer({ min: 1, max: maximum });

/** A chunk is written, or the document: the pointer is not yet. */
const writingChunk = fc
  .record({
    step: fc.constantFrom('create', 'write', 'sync', 'rename', 'syncFolder'),
    inPath: fc.constant('/chunks'),
    nth: nth(CHUNKS),
  })
  .map((point): Crash => ({ kind: 'step', point, survivor: 'old' }));

/** The pointer is moved: with the rename. */
const writingPointer = fc.constantFrom('create', 'write', 'sync', 'rename', 'syncFolder').map(
  (step): Crash => ({
    kind: 'step',
    point: { step, inPath: '/cache/snapshots', nth: 1 },
    survivor: step === 'syncFolder' ? 'new' : 'old',
  }),
);

/** What is no longer needed is removed. */
const pruning = nth(CHUNKS).map(
  (number): Crash => ({
    kind: 'step',
    point: { step: 'unlink', inPath: '/chunks', nth: number },
    survivor: 'either',
  }),
);

const refreshing = fc.nat(REFRESH_MS).map((afterMs): Crash => ({ kind: 'moment', afterMs }));

const restoring = fc
  .record({
    step: fc.constant('read' as const),
    inPath: fc.constantFrom('/chunks', '/cache/snapshots'),
    nth: nth(CHUNKS),
  })
  .map((point): Crash => ({ kind: 'restore', point }));

const starting = fc.nat(START_MS).map((afterMs): Crash => ({ kind: 'start', afterMs }));

const anyCrash = fc.oneof(
  { weight: 4, arbitrary: writingChunk },
  { weight: 4, arbitrary: writingPointer },
  { weight: 2, arbitrary: pruning },
  { weight: 4, arbitrary: refreshing },
  { weight: 2, arbitrary: restoring },
  { weight: 1, arbitrary: starting },
);

/** So many crashes; the same for the same seed. */
export function planCrashes(count: number, seed: number): readonly Crash[] {
  return fc.sample(anyCrash, { numRuns: count, seed });
}
