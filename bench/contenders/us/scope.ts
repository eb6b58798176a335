/** The engine as callers meet it who are limited to some RBAC groups: opening their scope, and the questions within it. */

import { openScope } from '../../../src/snapshot/scope.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { serveContender } from '../../support/processes.ts';
import { summarizeTimes, type TimeSummary } from '../../support/statistics.ts';
import type { Question } from '../question.ts';
import { createQuestions } from '../questions.ts';
import { ingestFiles } from './ingest-files.ts';
import { selectPage, toIdentity, toPosition } from './select-page.ts';

export interface ScopeTask {
  readonly paths: readonly string[];
  readonly threads: number;
  readonly budgetMs: number;
}

/** One scope, or the whole inventory. */
export interface ScopeFigures {
  readonly groups: readonly string[];
  readonly devices: number;
  readonly certificates: number;
  readonly installations: number;
  /** Bytes beside the snapshot, without its cache. */
  readonly bytes: number;
  /** Milliseconds; 0 of the whole inventory. */
  readonly openMs: TimeSummary;
  /** The longest piece of opening it, milliseconds. */
  readonly longestPieceMs: number;
  /** Microseconds, in the order of the questions; without the total for those of kind `page`. */
  readonly warm: readonly TimeSummary[];
  /** The first time in a scope that was just opened, in code that is warm. */
  readonly fresh: readonly TimeSummary[];
}

export interface ScopeResult {
  readonly whole: ScopeFigures;
  readonly scopes: readonly ScopeFigures[];
}

const OPENINGS = 9;
const LEAST_SAMPLES = 5;
const MOST_SAMPLES = 10_000;

serveContender<ScopeTask, ScopeResult>(async ({ paths, threads, budgetMs }) => {
  const { encoded } = await ingestFiles(paths, threads);
  const snapshot = Snapshot.open(encoded);
  const groups = listGroups(snapshot);
  checkTotals(snapshot, groups);
  const questions = createQuestions();
  const measure = (ids: readonly string[] | null): ScopeFigures => {
    const open = (): Opened =>
      ids === null
        ? { snapshot: Snapshot.open(encoded), ms: 0, longestPieceMs: 0 }
        : openInPieces(snapshot, ids);
    const openings = Array.from({ length: OPENINGS }, open);
    const { snapshot: opened } = openings.at(-1)!;
    return {
      groups: ids ?? groups,
      ...opened.counts,
      bytes: opened.visible?.byteLength ?? 0,
      openMs: summarizeTimes(openings.map(({ ms }) => ms)),
      longestPieceMs: summarizeTimes(openings.map((opening) => opening.longestPieceMs)).p50,
      warm: questions.map((question) => timeWarm(opened, question, budgetMs)),
      fresh: questions.map((question) => timeFresh(open, question)),
    };
  };
  const whole = measure(null);
  return { whole, scopes: [[groups.at(-1)!], [groups[0]!], groups].map(measure) };
});

/** Ids, the group with the most devices first. */
function listGroups({ rbacGroups }: Snapshot): readonly string[] {
  return Array.from({ length: rbacGroups.length }, (_, row) => row)
    .sort((left, right) => rbacGroups.deviceCount(right) - rbacGroups.deviceCount(left))
    .map((row) => rbacGroups.rbacGroupId(row));
}

/** Every device is in one group: what the groups have for themselves adds up to what there is. */
function checkTotals(snapshot: Snapshot, groups: readonly string[]): void {
  const scopes = groups.map((id) => openInPieces(snapshot, [id]).snapshot);
  for (const question of createQuestions()) {
    if (question.table === 'certificates' || question.kind === 'compound') continue;
    const total = (of: Snapshot): number => selectPage(of, question, null).countMatches();
    const sum = scopes.reduce((all, scope) => all + total(scope), 0);
    if (sum !== total(snapshot))
      throw new Error(`${question.name}: ${sum} in all groups, ${total(snapshot)} there.`);
  }
}

interface Opened {
  readonly snapshot: Snapshot;
  readonly ms: number;
  readonly longestPieceMs: number;
}

function openInPieces(snapshot: Snapshot, ids: readonly string[]): Opened {
  const work = openScope(snapshot, ids);
  const start = performance.now();
  let longestPieceMs = 0;
  for (;;) {
    const pieceStart = performance.now();
    const step = work.next();
    longestPieceMs = Math.max(longestPieceMs, performance.now() - pieceStart);
    if (step.done === true) return { snapshot: step.value, ms: performance.now() - start, longestPieceMs };
  }
}

function timeWarm(snapshot: Snapshot, question: Question, budgetMs: number): TimeSummary {
  const ask = toAsk(snapshot, question);
  const warmUpEnd = performance.now() + budgetMs / 4;
  while (performance.now() < warmUpEnd) ask();
  const samples: number[] = [];
  const end = performance.now() + budgetMs;
  while (samples.length < LEAST_SAMPLES || (performance.now() < end && samples.length < MOST_SAMPLES)) {
    samples.push(timeOnce(ask));
  }
  return summarizeTimes(samples);
}

function timeFresh(open: () => Opened, question: Question): TimeSummary {
  return summarizeTimes(
    Array.from({ length: LEAST_SAMPLES }, () => timeOnce(toAsk(open().snapshot, question))),
  );
}

function toAsk(snapshot: Snapshot, question: Question): () => unknown {
  const after = question.isDeep ? findMiddle(snapshot, question) : null;
  return () => {
    const page = selectPage(snapshot, question, after);
    return question.kind === 'page' ? page : page.countMatches();
  };
}

/** The place of the row in the middle of the table, which is in the middle of no order, but at no end of one either. */
function findMiddle(snapshot: Snapshot, question: Question) {
  const { length } = snapshot[question.table];
  return toPosition(snapshot, question, toIdentity(snapshot, question, length >>> 1));
}

/** Microseconds. */
function timeOnce(ask: () => unknown): number {
  const start = performance.now();
  ask();
  return (performance.now() - start) * 1_000;
}
