/** What callers notice of a publication: the same page at a fixed rate, before and while a new snapshot takes over. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../gateway/gateway.ts';
import type { Tenant } from '../gateway/tenant.ts';
import { summarizeTimes } from '../support/statistics.ts';
import type { Callers } from './callers.ts';
import type { RequestParts } from './http-connection.ts';

export interface PublicationFigures {
  readonly refreshMs: number;
  /** At rest. */
  readonly before: { readonly p50Ms: number; readonly p99Ms: number };
  /** Of the requests sent up to a second before the new snapshot took over, and up to two after. */
  readonly around: { readonly requests: number; readonly p99Ms: number; readonly longestMs: number };
  /** The longest while the snapshot was read and built. */
  readonly longestWhileBuildingMs: number;
}

export interface PublicationOptions {
  readonly callers: Callers;
  readonly gateway: Gateway;
  readonly tenant: Tenant;
  /** Of the endpoint. */
  readonly url: string;
  readonly request: RequestParts;
  readonly perSecond: number;
  readonly restMs: number;
}

const CONNECTIONS = 32;
const BEFORE_MS = 1_000;
const AFTER_MS = 2_000;

export async function measurePublication(options: PublicationOptions): Promise<PublicationFigures> {
  const { callers, gateway, tenant, url, request, perSecond, restMs } = options;
  await tenant.advance();
  const calling = callers.call({
    url,
    asked: { kind: 'same', request, status: 200 },
    connections: CONNECTIONS,
    perSecond,
    durationMs: Number.POSITIVE_INFINITY,
    listsAnswers: true,
  });
  const { durationMs, startedAt, publishedAt } = await refreshLater(gateway, restMs).finally(callers.stop);
  const { answers } = await calling;
  const timesOf = (from: number, to: number): readonly number[] =>
    answers.filter(({ sentAtMs }) => sentAtMs >= from && sentAtMs < to).map(({ latencyMs }) => latencyMs);
  const rest = summarizeTimes(timesOf(0, startedAt));
  const around = timesOf(publishedAt - BEFORE_MS, publishedAt + AFTER_MS);
  return {
    refreshMs: durationMs,
    before: { p50Ms: rest.p50, p99Ms: rest.p99 },
    around: { requests: around.length, p99Ms: summarizeTimes(around).p99, longestMs: Math.max(...around) },
    longestWhileBuildingMs: Math.max(...timesOf(startedAt, publishedAt)),
  };
}

async function refreshLater(
  gateway: Gateway,
  restMs: number,
): Promise<{ readonly durationMs: number; readonly startedAt: number; readonly publishedAt: number }> {
  await delay(restMs);
  const startedAt = Date.now();
  const { durationMs } = await gateway.refresh();
  const publishedAt = Date.now();
  await delay(AFTER_MS);
  return { durationMs, startedAt, publishedAt };
}
