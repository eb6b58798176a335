/**
 * One data folder through a series of crashes: a gateway is started over it, killed, started again, and so on, over a
 * simulated tenant whose inventory changes before every refresh. Whatever is served must be one whole export, and the one
 * that the last crash leaves no other choice than.
 */

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangingTenant } from './changing-tenant.ts';
import type { Crash } from './crash-schedule.ts';
import { createGraphqlClient, type GraphqlClient } from './gateway.ts';
import { type GatewayProcess, startProcess } from './gateway-process.ts';
import { findServedGeneration, type TrueGeneration } from './generations.ts';
import { armKillSwitch } from './kill-switch.ts';

const FINISHED = {
  STARTUP: /"event":"refresh_finished".*"trigger":"STARTUP"/,
  MUTATION: /"event":"refresh_finished".*"trigger":"MUTATION"/,
};
/** And stored. */
const PUBLISHED = {
  STARTUP: /"trigger":"STARTUP","outcome":"PUBLISHED".*"failure":null/,
  MUTATION: /"trigger":"MUTATION","outcome":"PUBLISHED".*"failure":null/,
};

export interface CrashSeries {
  readonly tenant: ChangingTenant;
  readonly dataDir: string;
  /** Beside those of the tenant. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the folder holds; `undefined`: nothing, so that the first start refreshes. */
  readonly stored: TrueGeneration | undefined;
}

/** What became of a crash: whether the process died where it was told to. */
export type CrashResult = 'hit' | 'missed';

/** What the store may hold, oldest first: `null` is nothing. */
type Survivors = readonly (TrueGeneration | null)[];

/**
 * Goes through the crashes, then once more through a start and a refresh that nobody disturbs.
 *
 * @throws Error that names the crash after which something was lost, mixed or not served, with the cause
 */
export async function runCrashSeries(
  series: CrashSeries,
  crashes: readonly Crash[],
): Promise<readonly CrashResult[]> {
  const results: CrashResult[] = [];
  let survivors: Survivors = [series.stored ?? null];
  let past = 'the preparation';
  for (const crash of [...crashes, null]) {
    try {
      if (crash === null) await goThrough(series, survivors);
      else {
        const { result, after } = await suffer(series, survivors, crash);
        results.push(result);
        survivors = after;
      }
    } catch (error) {
      throw new Error(`After ${past}, at ${JSON.stringify(crash)}`, { cause: error });
    }
    past = JSON.stringify(crash);
  }
  return results;
}

/** A start and a refresh without a crash. */
async function goThrough(series: CrashSeries, survivors: Survivors): Promise<void> {
  const { tenant } = series;
  await using gateway = await start(series, {});
  const { client } = await serve(gateway, tenant, survivors);
  const next = await refresh(gateway, tenant, client);
  await gateway.waitFor(FINISHED.MUTATION);
  assert.match(gateway.stdout(), PUBLISHED.MUTATION);
  assert.equal(await findServedGeneration(client, [next]), next);
  assert.equal(gateway.stderr(), '');
}

/** One start and its end. */
async function suffer(
  series: CrashSeries,
  survivors: Survivors,
  crash: Crash,
): Promise<{ result: CrashResult; after: Survivors }> {
  await using gateway = await start(series, 'point' in crash ? armKillSwitch(crash.point) : {});
  if (crash.kind === 'start' || crash.kind === 'restore') {
    if (crash.kind === 'start') {
      await sleep(crash.afterMs);
      gateway.kill('SIGKILL');
    }
    const result = await dies(gateway, /"event":"started"/);
    // A start that finds nothing begins the first refresh at once.
    return { result, after: survivors.includes(null) ? [...survivors, series.tenant.newest()] : survivors };
  }

  // A refresh: the first of all, which the start begins, or one to an export that is new.
  const isFirst = survivors.includes(null) && !(await isRestored(gateway));
  const trigger = isFirst ? 'STARTUP' : 'MUTATION';
  let before: TrueGeneration | null = null;
  let next = series.tenant.newest();
  if (!isFirst) {
    const { client, served } = await serve(gateway, series.tenant, survivors);
    before = served;
    next = await refresh(gateway, series.tenant, client);
  }
  if (crash.kind === 'moment') {
    await sleep(crash.afterMs);
    gateway.kill('SIGKILL');
  }
  const result = await dies(gateway, FINISHED[trigger]);
  if (PUBLISHED[trigger].test(gateway.stdout())) return { result, after: [next] };
  assert.doesNotMatch(gateway.stdout(), FINISHED[trigger]);
  if (crash.kind === 'moment' || crash.survivor === 'either') return { result, after: [before, next] };
  return { result, after: [crash.survivor === 'old' ? before : next] };
}

/** The simulated days that pass make every token that is stored an expired one, which costs a call to notice. */
async function start(
  { tenant, dataDir, settings }: CrashSeries,
  armed: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  await rm(join(dataDir, 'cache/tokens'), { recursive: true, force: true });
  return startProcess([], {
    ...tenant.simulator.environment,
    DATA_DIR: dataDir,
    PORT: '0',
    REFRESH_INTERVAL: '0',
    REFRESH_COOLDOWN: '0',
    ...settings,
    ...armed,
  });
}

/** Whether a start, which goes on to listen, has found something in the store. */
async function isRestored(gateway: GatewayProcess): Promise<boolean> {
  return (await gateway.waitFor(/"event":"(snapshot_restored|started)"/))[1] === 'snapshot_restored';
}

/** Waits until it serves: at once what is stored, else what a first refresh brings. */
async function serve(
  gateway: GatewayProcess,
  tenant: ChangingTenant,
  survivors: Survivors,
): Promise<{ client: GraphqlClient; served: TrueGeneration }> {
  const generations = survivors.filter((generation) => generation !== null);
  const url = await gateway.waitForUrl();
  const client = createGraphqlClient(url);
  const restored = await isRestored(gateway);
  if (!restored) {
    assert.ok(survivors.includes(null), `nothing was restored: ${gateway.stdout()}`);
    await gateway.waitFor(FINISHED.STARTUP);
  }
  const { status } = await fetch(`${url}/health/ready`);
  assert.equal(status, 200, gateway.stdout());
  const served = await findServedGeneration(client, restored ? generations : [tenant.newest()]);
  return { client, served };
}

/** Begins a refresh to an export that is new. */
async function refresh(
  gateway: GatewayProcess,
  tenant: ChangingTenant,
  client: GraphqlClient,
): Promise<TrueGeneration> {
  const next = tenant.change();
  await client.ask('mutation { refreshSnapshot { __typename } }').catch((error: unknown) => {
    // It may have died before it could answer.
    if (!(error instanceof TypeError)) throw error;
  });
  await gateway.waitFor(/"event":"refresh_started".*"trigger":"MUTATION"/);
  return next;
}

/** Waits for its death, or, when it comes through to `end`, kills it. */
async function dies(gateway: GatewayProcess, end: RegExp): Promise<CrashResult> {
  const isThrough = await Promise.race([
    gateway.exit.then(() => false),
    gateway.waitFor(end).then(
      () => true,
      () => false,
    ),
  ]);
  if (isThrough) gateway.kill('SIGKILL');
  await gateway.exit;
  return isThrough ? 'missed' : 'hit';
}
