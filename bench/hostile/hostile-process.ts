/**
 * A process of hostile callers; `hostile.ts` starts it and tells it what to do. Each caller has a few connections, and asks
 * on each of them as fast as it is answered. Together they take no more than a part of the machine's processor time: where
 * they run on the gateway's own machine they would else slow it down as any busy process does, whatever the gateway does.
 */

import { Agent, type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTIONS, type HeldConnection, holdConnection } from './connections.ts';
import { type HostileRequest, type Means, REQUESTS } from './requests.ts';

export interface AttackTask {
  readonly url: string;
  /** Taken in turn; those of `REQUESTS` by all callers, those of `CONNECTIONS` held from the start on. */
  readonly kinds: readonly string[];
  /** One caller each. */
  readonly tokens: readonly string[];
  readonly means: Omit<Means, 'token'>;
  /** Of the machine's processor time, 0 to 1: the most that all callers together take. */
  readonly machineShare: number;
  /** Until the attack may end: each kind tried once, or every held connection ended, but no longer than this. */
  readonly heldForMs?: number;
}

export type HostileCommand = { readonly attack: AttackTask } | 'stop';

/** What became of the requests, or connections, of a kind. */
export interface KindReport {
  /** Status and error code, or how it ended without → how often. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The longest that one took to be answered or ended. */
  readonly longestMs: number;
}

export interface AttackReport {
  readonly kinds: Readonly<Record<string, KindReport>>;
  readonly durationMs: number;
  /** Of all threads of the process of the hostile callers. */
  readonly cpuMs: number;
}

const CONNECTIONS_OF_A_CALLER = 4;
const HELD_OF_A_KIND = 8;
const PACE_MS = 5;
const TIMEOUT_MS = 30_000;
/** Enough of an answer to find the code of its first error: errors stand first. */
const LOOKED_AT_BYTES = 4_096;
const CODE = /"code":"([A-Z_]+)"/;
const SALT_DIGITS = 4;

process.on('message', (command: HostileCommand) => {
  if (command !== 'stop') void attack(command.attack).then((report) => process.send!(report));
});
process.once('disconnect', () => process.exit());

async function attack(task: AttackTask): Promise<AttackReport> {
  const tally = createTally(task.kinds);
  const pace = createPace(task.machineShare);
  const told = new Promise<void>((resolve) => {
    process.on('message', function listen(command: HostileCommand) {
      if (command !== 'stop') return;
      process.off('message', listen);
      resolve();
    });
  });
  let isOver = false;
  const kinds = task.kinds.filter((kind) => kind in REQUESTS);
  let turn = 0;
  const keepAsking = async (token: string): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      await pace.next();
      if (isOver) break;
      const kind = kinds[turn++ % kinds.length]!;
      const startedAt = performance.now();
      const outcome = await send(REQUESTS[kind]!({ ...task.means, token }, createSalt()), task.url, agent);
      tally.add(kind, outcome, performance.now() - startedAt);
    }
    agent.destroy();
  };
  const asking =
    kinds.length === 0
      ? []
      : task.tokens.flatMap((token) =>
          Array.from({ length: CONNECTIONS_OF_A_CALLER }, () => keepAsking(token)),
        );
  const held = task.kinds.filter((kind) => kind in CONNECTIONS).flatMap((kind) => hold(kind, task, tally));
  const heldEnded = Promise.all(held.map(({ ended }) => ended));

  await told;
  await Promise.race([heldEnded, delay(task.heldForMs ?? 0)]);
  while (!kinds.every(tally.has)) await delay(PACE_MS);
  isOver = true;
  for (const connection of held) connection.letGo();
  const { durationMs, cpuMs } = pace.read();
  await Promise.all([...asking, heldEnded]);
  return { kinds: tally.read(), durationMs, cpuMs };
}

function hold(kind: string, { url, tokens, means }: AttackTask, tally: Tally): HeldConnection[] {
  return Array.from({ length: HELD_OF_A_KIND }, (_, index) => {
    const startedAt = performance.now();
    const token = tokens[index % tokens.length]!;
    const connection = holdConnection(kind, url, { ...means, token }, createSalt());
    void connection.ended.then((outcome) => tally.add(kind, outcome, performance.now() - startedAt));
    return connection;
  });
}

async function send(hostile: HostileRequest, url: string, agent: Agent): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { body, headers, isChunked = false, hangUpAfterMs } = hostile;
  const outgoing = openRequest(`${url}/graphql`, {
    method: 'POST',
    agent,
    headers: isChunked ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
    timeout: TIMEOUT_MS,
  });
  const hangUp = hangUpAfterMs === undefined ? undefined : setTimeout(leave, hangUpAfterMs, outgoing);
  outgoing.once('timeout', () => {
    resolve('no answer');
    outgoing.destroy();
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'closed');
  });
  outgoing.once('response', (incoming) => void readOutcome(incoming).then(resolve));
  if (isChunked) outgoing.write(body);
  outgoing.end(isChunked ? undefined : body);
  const outcome = await promise;
  clearTimeout(hangUp);
  return outcome;

  function leave(left: ClientRequest): void {
    resolve('hung up');
    left.destroy();
  }
}

async function readOutcome(incoming: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      if (text.length < LOOKED_AT_BYTES) text += chunk.toString('latin1', 0, LOOKED_AT_BYTES);
    }
  } catch {
    return `${incoming.statusCode} cut off`;
  }
  const code = CODE.exec(text)?.[1];
  return code === undefined ? String(incoming.statusCode) : `${incoming.statusCode} ${code}`;
}

interface Pace {
  /** Waits until the process has taken no more than its share since the start. */
  next(): Promise<void>;
  read(): { readonly durationMs: number; readonly cpuMs: number };
}

function createPace(machineShare: number): Pace {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const read = () => {
    const { user, system } = process.cpuUsage(before);
    return { durationMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
  };
  const isAhead = (): boolean => {
    const { durationMs, cpuMs } = read();
    return cpuMs > durationMs * availableParallelism() * machineShare;
  };
  return {
    next: async () => {
      while (isAhead()) await delay(PACE_MS);
    },
    read,
  };
}

interface Tally {
  add(kind: string, outcome: string, tookMs: number): void;
  has(kind: string): boolean;
  read(): Record<string, KindReport>;
}

function createTally(kinds: readonly string[]): Tally {
  const counts = new Map(kinds.map((kind) => [kind, { outcomes: new Map<string, number>(), longestMs: 0 }]));
  return {
    add: (kind, outcome, tookMs) => {
      const count = counts.get(kind)!;
      count.outcomes.set(outcome, (count.outcomes.get(outcome) ?? 0) + 1);
      count.longestMs = Math.max(count.longestMs, tookMs);
    },
    has: (kind) => counts.get(kind)!.outcomes.size > 0,
    read: () =>
      Object.fromEntries(
        [...counts].map(([kind, { outcomes, longestMs }]) => [
          kind,
          { outcomes: Object.fromEntries(outcomes), longestMs },
        ]),
      ),
  };
}

function createSalt(): string {
  return Math.floor(Math.random() * 16 ** SALT_DIGITS)
    .toString(16)
    .padStart(SALT_DIGITS, '0');
}
