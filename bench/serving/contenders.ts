/** The servers that are compared, each in a process of its own, over the snapshot that the gateway has published. */

import { findPostgres } from '../contenders/postgraphile/postgres.ts';
import type { PublishedTask } from '../contenders/us/published.ts';
import { type StartedServer, startServer } from '../support/servers.ts';
import { ask, askPage } from './ask.ts';
import { type Digests, findDigest } from './cursors.ts';
import { type Dialect, QUESTIONS, toDocument } from './questions.ts';

export type ContenderName = 'us' | 'apollo' | 'mercurius' | 'yoga' | 'postgraphile' | 'raw';

export const TITLES: Readonly<Record<ContenderName, string>> = {
  us: 'the gateway',
  apollo: 'Apollo Server as it comes',
  mercurius: 'mercurius with jit',
  yoga: 'graphql-yoga',
  postgraphile: 'PostGraphile',
  raw: 'node:http, the same bytes',
};

export interface Contender {
  readonly name: ContenderName;
  /** Of the endpoint. */
  readonly url: string;
  readonly processId: number;
  readonly dialect: Dialect;
  /** In PostGraphile's cursors. */
  readonly digests?: Digests;
}

/** Those that serve the gateway's own schema. */
const PEERS = ['apollo', 'mercurius', 'yoga'] as const;

/**
 * Starts all of them; they end with the stack.
 *
 * @param stack takes what was started
 * @returns without PostGraphile where there is no PostgreSQL
 * @throws Error when any other cannot start
 */
export async function startPeers(
  task: PublishedTask,
  stack: AsyncDisposableStack,
): Promise<readonly Contender[]> {
  const contenders: Contender[] = [];
  for (const name of PEERS) {
    const { url, processId } = stack.use(await startServer(toModule(name), task));
    contenders.push({ name, url, processId, dialect: 'gateway' });
  }
  const programs = findPostgres();
  if (programs === undefined) return contenders;
  const { url, processId } = stack.use(await startServer(toModule('postgraphile'), { ...task, programs }));
  const digests = { certificates: await readDigest(url, 'page'), devices: await readDigest(url, 'nested') };
  return [...contenders, { name: 'postgraphile', url, processId, dialect: 'postgraphile', digests }];
}

/** Serves what it is given, by path. */
export async function startRaw(
  answers: Readonly<Record<string, { status: number; headers: Record<string, string>; body: Uint8Array }>>,
  stack: AsyncDisposableStack,
): Promise<StartedServer> {
  return stack.use(await startServer(toModule('raw'), { answers }));
}

function toModule(name: ContenderName): URL {
  return new URL(`../contenders/${name}/serve.ts`, import.meta.url);
}

async function readDigest(url: string, question: 'page' | 'nested'): Promise<string> {
  const answer = await ask(url, toDocument(question, 'postgraphile'), QUESTIONS[question].variables);
  return findDigest(askPage(answer, QUESTIONS[question].table).pageInfo.endCursor!);
}
