/** The process of `callers.ts`. */

import { performance } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { median, summarizeTimes } from '../support/statistics.ts';
import type { Asked, CallReport, CallTask, WalkReport, WalkTask } from './call-task.ts';
import { createMakeCursor } from './cursors.ts';
import { encodeRequest, type HttpConnection, openConnection, type RawAnswer } from './http-connection.ts';
import { QUESTIONS, toDocument, WALK_DOCUMENT } from './questions.ts';

type Command =
  | { readonly kind: 'call'; readonly task: CallTask }
  | { readonly kind: 'stop' }
  | { readonly kind: 'walk'; readonly task: WalkTask };

/** A measurement goes on until it has so many answers: percentiles of less say nothing. */
const LEAST_ANSWERS = 20;
/** One answer in so many is read as JSON; the others must have their status and about their size. */
const ANSWERS_PER_CHECK = 50;
const FAILURE_CHARACTERS = 500;
const DECILES = 10;
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };

let isStopped = false;

process.once('disconnect', () => process.exit());
process.on('message', (command: Command) => {
  isStopped = command.kind === 'stop';
  if (command.kind === 'stop') return;
  void (command.kind === 'call' ? call(command.task) : walk(command.task)).then(
    (report) => process.send!({ report }),
    (error: unknown) => process.send!({ failure: String(error instanceof Error ? error.stack : error) }),
  );
});

async function call(task: CallTask): Promise<CallReport> {
  const connections = await Promise.all(
    Array.from({ length: task.connections }, () => openConnection(task.url)),
  );
  try {
    return await measure(task, connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

interface Sample {
  readonly sentAtMs: number;
  readonly latencyMs: number;
  readonly bytes: number;
}

async function measure(task: CallTask, connections: readonly HttpConnection[]): Promise<CallReport> {
  const makeRequest = createMakeRequest(task.url, task.asked);
  const check = createCheck(task.asked);
  const samples: Sample[] = [];
  const start = performance.now();
  const isOver = (): boolean =>
    isStopped || (performance.now() - start >= task.durationMs && samples.length >= LEAST_ANSWERS);
  const askOnce = async (connection: HttpConnection, dueMs = performance.now()): Promise<void> => {
    const request = makeRequest();
    // What the caller itself took to be ready is not the server's.
    const sentMs = task.perSecond === undefined ? performance.now() : dueMs;
    const answer = await connection.ask(request);
    const latencyMs = performance.now() - sentMs;
    check(answer);
    samples.push({ sentAtMs: performance.timeOrigin + sentMs, latencyMs, bytes: answer.body.length });
  };
  const before = performance.eventLoopUtilization();
  if (task.perSecond === undefined) {
    await Promise.all(
      connections.map(async (connection) => {
        while (!isOver()) await askOnce(connection);
      }),
    );
  } else await keepRate(task.perSecond, connections, askOnce, isOver);
  const durationMs = performance.now() - start;
  const times = samples.map(({ latencyMs }) => latencyMs);
  const { p50, p99 } = summarizeTimes(times);
  return {
    answered: samples.length,
    perSecond: (samples.length / durationMs) * 1_000,
    latency: { p50, p99, longest: times.reduce((most, time) => Math.max(most, time), 0) },
    busy: performance.eventLoopUtilization(before).utilization,
    bodyBytes: median(samples.map(({ bytes }) => bytes)),
    answers: task.listsAnswers ? samples.map(({ sentAtMs, latencyMs }) => ({ sentAtMs, latencyMs })) : [],
  };
}

/** A request that is due is sent as soon as a connection is free, and has waited since it was found due. */
async function keepRate(
  perSecond: number,
  connections: readonly HttpConnection[],
  askOnce: (connection: HttpConnection, dueMs: number) => Promise<void>,
  isOver: () => boolean,
): Promise<void> {
  const free = [...connections];
  const waiting: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  const send = (): void => {
    while (free.length > 0 && waiting.length > 0) {
      const connection = free.pop()!;
      const asked = askOnce(connection, waiting.shift()!).then(
        () => {
          underWay.delete(asked);
          free.push(connection);
          send();
        },
        (error: unknown) => {
          failure ??= error;
        },
      );
      underWay.add(asked);
    }
  };
  const intervalMs = 1_000 / perSecond;
  for (let due = performance.now(); !isOver() && failure === undefined; ) {
    const now = performance.now();
    for (; due <= now; due += intervalMs) waiting.push(now);
    send();
    const waitMs = due - performance.now();
    if (waitMs >= 2) await delay(1);
    else await nextTurn();
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
}

function createMakeRequest(url: string, asked: Asked): () => Buffer {
  if (asked.kind === 'same') {
    const request = encodeRequest(url, asked.request);
    return () => request;
  }
  const { question, dialect, anchors, digests } = asked;
  const { table, variables } = QUESTIONS[question];
  const query = toDocument(question, dialect);
  const makeCursor = createMakeCursor(dialect, digests);
  let place = 0;
  return () => {
    place = (place + 1) % anchors.length;
    const body = JSON.stringify({
      query,
      variables: { ...variables, after: makeCursor(table, anchors[place]!) },
    });
    return encodeRequest(url, { method: 'POST', headers: JSON_HEADERS, body });
  };
}

/** @throws Error at an answer that is not what was asked for */
function createCheck(asked: Asked): (answer: RawAnswer) => void {
  const expected = asked.kind === 'same' ? asked.status : 200;
  let count = 0;
  return ({ status, body }) => {
    count += 1;
    const isFine =
      status === expected &&
      (asked.kind === 'same' || count % ANSWERS_PER_CHECK !== 1 || isPage(body, asked));
    if (!isFine) throw new Error(`An answer was ${status}: ${body.toString('utf8', 0, FAILURE_CHARACTERS)}`);
  };
}

function isPage(body: Buffer, { question }: Asked & { readonly kind: 'cold' }): boolean {
  const { table, rows } = QUESTIONS[question];
  const { data, errors } = JSON.parse(body.toString()) as Answer;
  return errors === undefined && data?.[table]?.nodes.length === rows;
}

interface Answer {
  readonly errors?: unknown;
  readonly data?: Readonly<Record<string, Page | undefined>>;
}

interface Page {
  readonly nodes: readonly unknown[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function walk({ url, rows }: WalkTask): Promise<WalkReport> {
  const connection = await openConnection(url);
  const times: number[] = [];
  let found = 0;
  try {
    for (let after: string | null = null; ; ) {
      const body = JSON.stringify({ query: WALK_DOCUMENT, variables: { after } });
      const request = encodeRequest(url, { method: 'POST', headers: JSON_HEADERS, body });
      const sent = performance.now();
      const answer = await connection.ask(request);
      times.push(performance.now() - sent);
      const page = (JSON.parse(answer.body.toString()) as Answer).data?.installations;
      if (page === undefined) throw new Error(`Page ${times.length} of the walk was ${answer.status}.`);
      found += page.nodes.length;
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
  } finally {
    connection.close();
  }
  if (found !== rows) throw new Error(`The walk found ${found} installations, there are ${rows}.`);
  const tenth = Math.ceil(times.length / DECILES);
  return {
    pages: times.length,
    durationMs: times.reduce((sum, time) => sum + time, 0),
    firstDecileMs: median(times.slice(0, tenth)),
    lastDecileMs: median(times.slice(-tenth)),
  };
}
