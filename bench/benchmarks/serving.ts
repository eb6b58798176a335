/**
 * Serving: how many requests one serving thread answers, next to other GraphQL servers over the same snapshot, to
 * PostGraphile over the same rows, and to `node:http` alone. Cold (no two requests are alike) and hot (all are).
 */

import type { Benchmark } from '../benchmark.ts';
import { findAnchors } from '../contenders/us/anchors.ts';
import { openPublished } from '../contenders/us/published.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { send } from '../serving/ask.ts';
import { startCallers } from '../serving/callers.ts';
import { compareAnswers } from '../serving/compare.ts';
import { type Contender, type ContenderName, startPeers, startRaw } from '../serving/contenders.ts';
import { findRevalidation, toHotRequest, toRawAnswer } from '../serving/hot.ts';
import { measurePublication } from '../serving/publication.ts';
import { type Anchor, QUESTIONS, type QuestionName } from '../serving/questions.ts';
import {
  type Figures,
  formatFigures,
  measureInRounds,
  type RoundSettings,
  type RoundTask,
  type Run,
} from '../serving/rounds.ts';
import { type ServingFigures, toTargets } from '../serving/targets.ts';
import { measureWalk } from '../serving/walk.ts';
import { megabytes, milliseconds, seconds, whole } from '../support/format.ts';
import type { StartedServer } from '../support/servers.ts';

const CONNECTIONS = 16;
/** At half of the highest throughput a connection is always free, unless answers are late. */
const RATE_CONNECTIONS = 64;
const WARM_UP_BUDGETS = 2;
const MEASURE_BUDGETS = 5;
const REST_BUDGETS = 20;
const LEAST_REST_MS = 1_000;
/** Of the load under which a snapshot is published: a part of what one thread answers, for refreshes need the machine too. */
const PUBLICATION_RATE = 100;

/** Who answers which question; the gateway always does. */
const COMPARED: Readonly<Record<QuestionName, readonly ContenderName[]>> = {
  page: ['apollo', 'mercurius', 'yoga', 'postgraphile'],
  bigPage: ['apollo', 'mercurius', 'yoga'],
  nested: ['apollo', 'mercurius', 'postgraphile'],
};

export const runServingBenchmark: Benchmark = async ({ records, rounds, budgetMs, write }) => {
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  const task = { environment: tenant.environment, dataDir: store.path };
  await using gateway = await startGateway(task);
  await gateway.nextRefresh();
  const us: Contender = {
    name: 'us',
    url: `${gateway.url}/graphql`,
    processId: gateway.processId,
    dialect: 'gateway',
  };
  const { anchors, installationCount } = await readPublished(task);
  await using stack = new AsyncDisposableStack();
  const contenders = [us, ...(await startPeers(task, stack))];
  if (!contenders.some(({ name }) => name === 'postgraphile'))
    write('PostGraphile is left out: there is no PostgreSQL on this machine (apt package postgresql).\n');
  await compareAnswers(contenders, anchors);
  const raw = await startRawAnswers(us.url, stack);
  await using callers = startCallers();
  const settings: RoundSettings = {
    callers,
    rounds,
    connections: CONNECTIONS,
    warmUpMs: budgetMs * WARM_UP_BUDGETS,
    durationMs: budgetMs * MEASURE_BUDGETS,
    watch: (measure) => watchLoop(gateway, measure),
  };
  const show = (title: string, figures: Figures): Figures => {
    for (const line of formatFigures(title, figures)) write(line);
    write('');
    return figures;
  };

  const measureCold = async (question: QuestionName): Promise<Figures> => {
    const tasks = contenders
      .filter(({ name }) => name === 'us' || COMPARED[question].includes(name))
      .map((contender) => toColdTask(contender, question, anchors));
    const floor = toRawTask(tasks[0]!, raw, `/${question}`);
    return show(QUESTIONS[question].title, await measureInRounds([...tasks, floor], settings));
  };
  const page = await measureCold('page');
  const bigPage = await measureCold('bigPage');
  const nested = await measureCold('nested');

  const same: RoundTask = {
    name: 'us',
    url: us.url,
    processId: us.processId,
    asked: { kind: 'same', request: toHotRequest('page'), status: 200 },
  };
  const hot = show(
    `${QUESTIONS.page.title}, the same again`,
    await measureInRounds([same, toRawTask(same, raw, '/page')], settings),
  );
  const revalidation = await measureRevalidation(us, settings, stack);
  if (revalidation === null) write('304: not offered, answers have no ETag\n');
  else show('304', revalidation);

  const atHalf = { ...settings, connections: RATE_CONNECTIONS };
  const half = {
    cold: await measureAtHalf(toColdTask(us, 'page', anchors), page.us!.perSecond, atHalf),
    hot: await measureAtHalf(same, hot.us!.perSecond, atHalf),
  };
  show('cold pages at half of the highest', { us: half.cold });
  show('the same page at half of the highest', { us: half.hot });

  const walk = await measureWalk(callers, gateway, us.url, installationCount);
  write(
    `walk: ${whole(walk.rowsPerSecond)} rows a second, ${whole(walk.pages)} pages, ` +
      `${milliseconds(walk.firstDecileMs)} each at its beginning, ${milliseconds(walk.lastDecileMs)} at its end; ` +
      `resident ${megabytes(walk.residentBytesFirst)}, then ${megabytes(walk.residentBytesLast)}`,
  );
  const publication = await measurePublication({
    callers,
    gateway,
    tenant,
    url: us.url,
    request: toHotRequest('page'),
    perSecond: PUBLICATION_RATE,
    restMs: Math.max(LEAST_REST_MS, budgetMs * REST_BUDGETS),
  });
  write(
    `publication at ${PUBLICATION_RATE} requests a second: longest ${milliseconds(publication.around.longestMs)} ` +
      `(before p50 ${milliseconds(publication.before.p50Ms)}, p99 ${milliseconds(publication.before.p99Ms)}); ` +
      `longest in the ${seconds(publication.refreshMs)} of building ${milliseconds(publication.longestWhileBuildingMs)}`,
  );
  const figures: ServingFigures = { page, bigPage, nested, hot, revalidation, half, walk, publication };
  return { figures: { ...figures }, targets: toTargets(figures) };
};

async function readPublished(
  task: Parameters<typeof openPublished>[0],
): Promise<{ readonly anchors: readonly Anchor[]; readonly installationCount: number }> {
  const snapshot = await openPublished(task);
  const rows = { certificateRows: QUESTIONS.bigPage.rows, deviceRows: QUESTIONS.nested.rows };
  return { anchors: findAnchors(snapshot, rows), installationCount: snapshot.counts.installations };
}

/** What the gateway answers to each question, from a bare server. */
async function startRawAnswers(url: string, stack: AsyncDisposableStack): Promise<StartedServer> {
  const answers = Object.keys(QUESTIONS).map(async (question) => [
    `/${question}`,
    toRawAnswer(await send(url, toHotRequest(question as QuestionName))),
  ]);
  return await startRaw(Object.fromEntries(await Promise.all(answers)), stack);
}

function toColdTask(
  { name, url, processId, dialect, digests }: Contender,
  question: QuestionName,
  anchors: readonly Anchor[],
): RoundTask {
  const asked = { kind: 'cold', question, dialect, anchors, ...(digests && { digests }) } as const;
  return { name, url, processId, asked };
}

/** The same requests, to the bare server. */
function toRawTask(task: RoundTask, { url, processId }: StartedServer, path: string): RoundTask {
  return { ...task, name: 'raw', url: url + path, processId };
}

async function watchLoop(gateway: Gateway, measure: () => Promise<Run>): Promise<Run> {
  await gateway.read();
  const run = await measure();
  const { eventLoopDelayMs } = await gateway.read();
  return { ...run, loopDelayMs: eventLoopDelayMs };
}

async function measureAtHalf(task: RoundTask, highest: number, settings: RoundSettings) {
  return (await measureInRounds([{ ...task, perSecond: highest / 2 }], settings)).us!;
}

/** `null` where the gateway does not offer it. */
async function measureRevalidation(
  us: Contender,
  settings: RoundSettings,
  stack: AsyncDisposableStack,
): Promise<Figures | null> {
  const found = await findRevalidation(us.url);
  if (found === undefined) return null;
  const { pathname, search } = new URL(found.url);
  const path = pathname + search;
  const task: RoundTask = {
    name: 'us',
    url: found.url,
    processId: us.processId,
    asked: { kind: 'same', request: found.request, status: found.answer.status },
  };
  const raw = await startRaw({ [path]: toRawAnswer(found.answer) }, stack);
  return await measureInRounds([task, toRawTask(task, raw, path)], settings);
}
