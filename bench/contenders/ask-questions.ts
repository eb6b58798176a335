/**
 * The course of the queries benchmark within one contender: answer everything, compare with the reference, and only
 * then time. A contender that answers otherwise is not timed at all.
 */

import { isDeepStrictEqual } from 'node:util';
import { summarizeTimes } from '../support/statistics.ts';
import type { Answer, Identity, QueryResult, QueryTask, QuestionTimes, Timing } from './query-task.ts';
import type { Question } from './question.ts';
import { createQuestions } from './questions.ts';

type MaybePromise<Value> = Value | Promise<Value>;

/** A question made ready: what a caller would prepare once is done, what is done for each call is not. */
export interface PreparedQuestion<Rows> {
  /** The rows of the page, as the contender numbers them. */
  page(): MaybePromise<Rows>;
  /** The rows, and the number of all matches. */
  pageAndTotal(): MaybePromise<{ readonly rows: Rows; readonly total: number }>;
  identify(rows: Rows): MaybePromise<readonly Identity[]>;
}

export interface Contender<Rows> {
  /** The row in the middle of the order of a question. */
  findMiddle(question: Question): MaybePromise<Identity>;
  prepare(question: Question, after: Identity | null): MaybePromise<PreparedQuestion<Rows>>;
  /** The same data, opened anew, with nothing remembered of earlier questions; absent where that means loading. */
  reopen?(): Contender<Rows>;
}

const FRESH_SAMPLES = 15;
const LEAST_SAMPLES = 5;
const MOST_SAMPLES = 10_000;

export async function askQuestions<Rows>(
  task: QueryTask,
  load: () => Promise<Contender<Rows>>,
): Promise<QueryResult> {
  const questions = createQuestions();
  const start = performance.now();
  const contender = await load();
  const loadMs = performance.now() - start;

  const cursors: (Identity | null)[] = [];
  const answers: Answer[] = [];
  for (const [index, question] of questions.entries()) {
    const cursor =
      task.reference?.cursors[index] ?? (question.isDeep ? await contender.findMiddle(question) : null);
    const prepared = await contender.prepare(question, cursor);
    const { rows, total } = await prepared.pageAndTotal();
    const answer = { rows: await prepared.identify(rows), total };
    if (task.reference !== null) assertSame(question.name, answer, task.reference.answers[index]!);
    cursors.push(cursor);
    answers.push(answer);
  }

  const times: QuestionTimes[] = [];
  for (const [index, question] of questions.entries()) {
    times.push(await timeQuestion(contender, question, cursors[index]!, task.budgetMs));
  }
  return { loadMs, cursors, answers, times };
}

function assertSame(name: string, answer: Answer, expected: Answer): void {
  if (isDeepStrictEqual(answer, expected)) return;
  const differing = answer.rows.findIndex((row, index) => !isDeepStrictEqual(row, expected.rows[index]));
  throw new Error(
    `${name}: ${answer.rows.length} rows of ${answer.total}, expected ${expected.rows.length} of ${expected.total}; ` +
      `row ${differing} is ${JSON.stringify(answer.rows[differing])}, expected ${JSON.stringify(expected.rows[differing])}.`,
  );
}

async function timeQuestion<Rows>(
  contender: Contender<Rows>,
  question: Question,
  cursor: Identity | null,
  budgetMs: number,
): Promise<QuestionTimes> {
  const ask = await toAsk(contender, question, cursor);
  const first = await timeOnce(ask);
  const warmUpEnd = performance.now() + budgetMs / 4;
  while (performance.now() < warmUpEnd) await timeOnce(ask);
  const samples: number[] = [];
  const end = performance.now() + budgetMs;
  while (samples.length < LEAST_SAMPLES || (performance.now() < end && samples.length < MOST_SAMPLES)) {
    samples.push(await timeOnce(ask));
  }
  return {
    firstMicroseconds: first,
    warm: summarizeTimes(samples),
    fresh: await timeFresh(contender, question, cursor),
  };
}

async function timeFresh<Rows>(
  contender: Contender<Rows>,
  question: Question,
  cursor: Identity | null,
): Promise<Timing | null> {
  if (contender.reopen === undefined) return null;
  const samples: number[] = [];
  for (let index = 0; index < FRESH_SAMPLES; index += 1) {
    samples.push(await timeOnce(await toAsk(contender.reopen(), question, cursor)));
  }
  return summarizeTimes(samples);
}

async function toAsk<Rows>(
  contender: Contender<Rows>,
  question: Question,
  cursor: Identity | null,
): Promise<() => unknown> {
  const prepared = await contender.prepare(question, cursor);
  return question.kind === 'page' ? prepared.page : prepared.pageAndTotal;
}

/** Microseconds of one call. A call that does not wait is not awaited: that alone would be a good part of it. */
async function timeOnce(ask: () => unknown): Promise<number> {
  const start = performance.now();
  const outcome = ask();
  if (outcome instanceof Promise) await outcome;
  return (performance.now() - start) * 1_000;
}
