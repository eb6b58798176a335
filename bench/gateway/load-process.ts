/** A process that asks a gateway for pages, at a fixed rate or as fast as it answers; `load.ts` starts it. */

import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { summarizeTimes } from '../support/statistics.ts';
import { PAGE_QUERY } from './page-query.ts';

export interface LoadTask {
  readonly url: string;
  readonly pace:
    | { readonly kind: 'rate'; readonly perSecond: number }
    /** So many requests at a time, each followed by the next. */
    | { readonly kind: 'closed'; readonly connections: number };
  /** Headers `Authorization`, of as many callers that ask in turn; absent = nobody says who asks. */
  readonly authorizations?: readonly string[];
}

/** What happened since the last report. */
export interface LoadReport {
  readonly answered: number;
  /** Answers that were no page, and requests without an answer. */
  readonly failed: number;
  /** What came in place of the first page that failed; `null` = none did. */
  readonly firstFailure: string | null;
  readonly durationMs: number;
  /** Milliseconds from the sending of a request to the end of its answer. */
  readonly latency: { readonly p50: number; readonly p99: number };
}

const ROWS = 50;
/** A report waits for so many requests to end: percentiles of less say nothing. */
const LEAST_REQUESTS = 20;
const WAIT_MS = 10;
const TIMEOUT_MS = 30_000;
const FAILURE_CHARACTERS = 500;
const BODY = JSON.stringify({ query: PAGE_QUERY });

process.once('message', (task: LoadTask) => {
  let latencies: number[] = [];
  let failed = 0;
  let firstFailure: string | null = null;
  let asked = 0;
  const { authorizations = [] } = task;
  let since = performance.now();
  const agent = new Agent({ keepAlive: true });
  const askOnce = async (): Promise<void> => {
    const sent = performance.now();
    const authorization = authorizations[asked++ % authorizations.length];
    try {
      const text = await post(`${task.url}/graphql`, agent, authorization);
      if (text.split('"thumbprint"').length !== ROWS + 1) throw new Error(text);
      latencies.push(performance.now() - sent);
    } catch (error) {
      failed += 1;
      firstFailure ??= String(error).slice(0, FAILURE_CHARACTERS);
    }
  };
  if (task.pace.kind === 'rate') void keepRate(task.pace.perSecond, askOnce);
  else for (let index = 0; index < task.pace.connections; index += 1) void keepAsking(askOnce);

  const report = async (): Promise<void> => {
    while (latencies.length + failed < LEAST_REQUESTS) await delay(WAIT_MS);
    const now = performance.now();
    const { p50, p99 } = summarizeTimes(latencies);
    const reported: LoadReport = {
      answered: latencies.length,
      failed,
      firstFailure,
      durationMs: now - since,
      latency: { p50, p99 },
    };
    latencies = [];
    failed = 0;
    firstFailure = null;
    since = now;
    process.send!(reported);
  };
  process.on('message', () => void report());
  process.once('disconnect', () => process.exit());
});

/** Requests go out when they are due, whether or not earlier ones were answered: a pause hits all that come in it. */
async function keepRate(perSecond: number, askOnce: () => Promise<void>): Promise<never> {
  for (let due = performance.now(); ; due += 1_000 / perSecond) {
    const waitMs = due - performance.now();
    if (waitMs > 0) await delay(waitMs);
    void askOnce();
  }
}

async function keepAsking(askOnce: () => Promise<void>): Promise<never> {
  for (;;) await askOnce();
}

async function post(url: string, agent: Agent, authorization?: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(url, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    timeout: TIMEOUT_MS,
  });
  outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')));
  outgoing.once('error', reject);
  outgoing.once('response', (incoming) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => {
      text += chunk;
    });
    incoming.once('end', () => resolve(text));
    incoming.once('error', reject);
  });
  outgoing.end(BODY);
  return await promise;
}
