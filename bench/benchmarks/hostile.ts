/**
 * Hostile: what well-behaved callers notice of callers that ask for as much as they can, in every way that is known to
 * hurt. First both together in alternating rounds, then each kind of hostility alone, to tell which one hurts. The
 * gateway identifies callers and has the limits that it comes with.
 *
 * Hostile callers are bounded in number, connections and processor time, for they run on the same machine.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import type { Benchmark } from '../benchmark.ts';
import { type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { LIGHT_RATE_PER_SECOND, startLoad } from '../gateway/load.ts';
import { assertSameServed, readServed, type ServedFacts } from '../gateway/served.ts';
import { createStoreFolder } from '../gateway/store-folder.ts';
import { startTenant } from '../gateway/tenant.ts';
import { mintBadTokens, mintTokens } from '../hostile/callers.ts';
import { CONNECTIONS, SLOW_CONNECTIONS, UNREAD_CONNECTIONS } from '../hostile/connections.ts';
import { EDGES, type InventoryFacts } from '../hostile/documents.ts';
import { startHostileCallers } from '../hostile/hostile.ts';
import type { AttackTask } from '../hostile/hostile-process.ts';
import { reportHostile } from '../hostile/report.ts';
import { REQUESTS } from '../hostile/requests.ts';
import { findAdmittedSize } from '../hostile/sizes.ts';
import { type AttackedWindow, createMeasure, measureAttack, type Window } from '../hostile/windows.ts';

/** Together at the pace of the light load: each far below what a caller may ask. */
const WELL_BEHAVED = 10;
const HOSTILE = 8;
/** Of the machine's processor time: what is left is the gateway's and the well-behaved callers'. */
const MACHINE_SHARE = 0.1;
const WARM_UP_BUDGETS = 4;
const WINDOW_BUDGETS = 20;
const ALONE_BUDGETS = 4;
/** Longer than a gateway has patience for a request that does not come. */
const HELD_FOR_MS = 45_000;
/** Below this there is no time to try each kind alone: all are in the mix. */
const LEAST_BUDGET_MS = 50;
/** Outcomes that no request may have, whatever it asks. */
const FAULTS = /^500|INTERNAL_SERVER_ERROR|^refused|^no answer/;

export const runHostileBenchmark: Benchmark = async ({ records, rounds, budgetMs, write }) => {
  await using issuer = await startTokenIssuer();
  await using tenant = await startTenant(records);
  await using store = await createStoreFolder();
  const options = {
    environment: tenant.environment,
    dataDir: store.path,
    settings: await issuer.environment(),
    authorization: await issuer.authorization(),
  };
  const { expected, means } = await explore(options, issuer);
  await using gateway = await startGateway(options);
  assertSameServed(await readServed(gateway), expected);
  const attackWith = createAttacks(gateway.url, issuer, means);
  await using load = startLoad({
    url: gateway.url,
    pace: { kind: 'rate', perSecond: LIGHT_RATE_PER_SECOND },
    authorizations: (await mintTokens(issuer, 'well-behaved', WELL_BEHAVED)).map(
      (token) => `Bearer ${token}`,
    ),
  });
  await using hostile = startHostileCallers();
  const measure = createMeasure(gateway, load);

  await delay(budgetMs * WARM_UP_BUDGETS);
  const rest: Window[] = [];
  const mixed: AttackedWindow[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rest.push((await measure(() => delay(budgetMs * WINDOW_BUDGETS))).window);
    const task = await attackWith([...Object.keys(REQUESTS), ...Object.keys(CONNECTIONS)]);
    mixed.push(await measureAttack(measure, hostile, task, budgetMs * WINDOW_BUDGETS));
  }
  const alone: Record<string, AttackedWindow> = {};
  if (budgetMs >= LEAST_BUDGET_MS) {
    for (const kind of Object.keys(REQUESTS))
      alone[kind] = await measureAttack(measure, hostile, await attackWith([kind]), budgetMs * ALONE_BUDGETS);
    // They take long and little else: all of a sort at once.
    for (const sort of [SLOW_CONNECTIONS, UNREAD_CONNECTIONS]) {
      const task = { ...(await attackWith(Object.keys(sort))), heldForMs: HELD_FOR_MS };
      const window = await measureAttack(measure, hostile, task, 0);
      for (const kind of task.kinds) alone[kind] = window;
    }
  }

  const report = reportHostile({ rest, mixed, alone });
  for (const line of report.lines) write(line);
  write(
    `${HOSTILE} hostile callers, on the gateway's machine: held to ${MACHINE_SHARE * 100} % of its processor time`,
  );
  assertSameServed(await readServed(gateway), expected);
  assertDefended([...mixed, ...Object.values(alone)]);
  return { figures: report.figures, targets: report.targets };
};

/** On a gateway of its own, which ends with it: what is served, and what hostile callers need to know. */
async function explore(
  options: GatewayOptions,
  issuer: TokenIssuer,
): Promise<{ expected: ServedFacts; means: AttackTask['means'] }> {
  await using gateway = await startGateway(options);
  await gateway.nextRefresh();
  const expected = await readServed(gateway);
  const { certificates } = await gateway.ask<{
    certificates: { nodes: readonly { readonly id: string; readonly thumbprint: string }[] };
  }>('{ certificates(first: 1000) { nodes { id thumbprint } } }');
  const facts: InventoryFacts = {
    certificateIds: certificates.nodes.map(({ id }) => id),
    thumbprints: certificates.nodes.map(({ thumbprint }) => thumbprint),
  };
  const sizes: Record<string, number> = {};
  for (const name of Object.keys(EDGES)) {
    let tries = 0;
    const mintToken = async (): Promise<string> => {
      tries += 1;
      const [token] = await mintTokens(issuer, `${name} ${tries}`, 1);
      return token!;
    };
    sizes[name] = await findAdmittedSize(gateway.url, mintToken, name, facts);
  }
  return { expected, means: { badTokens: await mintBadTokens(issuer), facts, sizes } };
}

type AttackWith = (kinds: readonly string[]) => Promise<AttackTask>;

/** Each attack has callers of its own, who may still ask for all that a caller may. */
function createAttacks(url: string, issuer: TokenIssuer, means: AttackTask['means']): AttackWith {
  let attacks = 0;
  return async (kinds) => {
    attacks += 1;
    const tokens = await mintTokens(issuer, `hostile ${attacks}`, HOSTILE);
    return { url, kinds, tokens, means, machineShare: MACHINE_SHARE };
  };
}

/** @throws Error when the gateway answered with a fault of its own or not at all, or a well-behaved caller got no page */
function assertDefended(windows: readonly AttackedWindow[]): void {
  const ofHostile = windows.flatMap(({ attack }) =>
    Object.entries(attack.kinds).flatMap(([kind, { outcomes }]) =>
      Object.keys(outcomes)
        .filter((outcome) => FAULTS.test(outcome))
        .map((outcome) => `${kind} was answered: ${outcome}`),
    ),
  );
  const failed = windows.reduce((sum, { load }) => sum + load.failed, 0);
  const firstFailure = windows.find(({ load }) => load.failed > 0)?.load.firstFailure;
  const ofWellBehaved =
    failed === 0 ? [] : [`${failed} pages of well-behaved callers failed, the first with ${firstFailure}`];
  const faults = [...new Set(ofHostile), ...ofWellBehaved];
  if (faults.length > 0) throw new Error(`The gateway failed: ${faults.join('; ')}.`);
}
