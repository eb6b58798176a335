/** `refreshSnapshot`: each of its answers, at HTTP 200, and never later than the question. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';

const SIZE = { devices: 4, recordsPerDevice: 10, seed: 61 };

const REFRESH = `mutation {
  refreshSnapshot {
    __typename
    status { phase currentRun { trigger } }
    ... on RefreshRateLimited { reason retryAt retryAfterSeconds }
  }
}`;

interface RefreshAnswer {
  readonly __typename: string;
  readonly status: { readonly phase: string; readonly currentRun: { readonly trigger: string } | null };
  readonly reason?: string;
  readonly retryAt?: string;
  readonly retryAfterSeconds?: number;
}

/** The answer to the mutation, which must be data at HTTP 200. */
async function askForRefresh(gateway: Gateway): Promise<RefreshAnswer> {
  const { refreshSnapshot } = await gateway.ask<{ refreshSnapshot: RefreshAnswer }>(REFRESH);
  return refreshSnapshot;
}

/** Cut, so that instants on the wire are exact. */
function wholeSeconds(epochMs: number): number {
  return epochMs - (epochMs % SECOND_MS);
}

function toText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

const THROTTLED = JSON.stringify({
  error: { code: 'TooManyRequests', message: 'API calls quota exceeded.', target: 'a-correlation-id' },
});

describe('refreshSnapshot', { concurrency: 2 }, () => {
  test('starts a run, and says so while one is under way', async () => {
    await using tenant = await createSimulator(SIZE);
    await using gateway = await startGatewayWithSnapshot({ tenant });
    const ended = gateway.app.whenRunEnds();
    const { first, second } = await gateway.ask<Record<'first' | 'second', RefreshAnswer>>(`mutation {
    first: refreshSnapshot { __typename status { phase currentRun { trigger } } }
    second: refreshSnapshot { __typename status { phase currentRun { trigger } } }
  }`);
    assert.equal(first.__typename, 'RefreshStarted');
    assert.equal(second.__typename, 'RefreshAlreadyRunning');
    for (const { status } of [first, second]) {
      assert.notEqual(status.phase, 'IDLE');
      assert.deepEqual(status.currentRun, { trigger: 'MUTATION' });
    }
    assert.equal((await ended).outcome, 'UNCHANGED');
  });

  test('does not wait for a run that hangs, which a stop cancels', async () => {
    await using tenant = await createSimulator(SIZE);
    tenant.fail({ endpoint: 'token', fault: { kind: 'hang' } });
    const gateway = await startGateway({ tenant });
    const answer = await askForRefresh(gateway);
    assert.equal(answer.__typename, 'RefreshAlreadyRunning');
    assert.deepEqual(answer.status.currentRun, { trigger: 'STARTUP' });
    await gateway[Symbol.asyncDispose]();
    assert.equal((await gateway.firstRun).outcome, 'CANCELLED');
  });

  test('is limited by the cooldown, to the second, and allowed when that is over', async () => {
    const clock = createManualClock(wholeSeconds(Date.now()));
    await using tenant = await createSimulator({ ...SIZE, now: clock.now });
    await using gateway = await startGatewayWithSnapshot({
      tenant,
      settings: { REFRESH_COOLDOWN: '5m' },
      overrides: { clock },
    });
    const startedAtMs = clock.now();
    await gateway.refresh();
    await clock.advance(2 * MINUTE_MS);
    assert.deepEqual(await askForRefresh(gateway), {
      __typename: 'RefreshRateLimited',
      status: { phase: 'IDLE', currentRun: null },
      reason: 'COOLDOWN',
      retryAt: toText(startedAtMs + 5 * MINUTE_MS),
      retryAfterSeconds: 180,
    });
    await clock.advance(3 * MINUTE_MS - 1);
    assert.equal((await askForRefresh(gateway)).reason, 'COOLDOWN');
    await clock.advance(1);
    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
  });

  test('is limited by the calls that Defender allows, which are not made', async () => {
    const clock = createManualClock(wholeSeconds(Date.now()));
    await using tenant = await createSimulator({ ...SIZE, now: clock.now });
    const firstCallAtMs = clock.now();
    await using gateway = await startGatewayWithSnapshot({ tenant, overrides: { clock } });
    for (let call = 2; call <= 5; call += 1) {
      await clock.advance(SECOND_MS);
      assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
    }
    const callsBefore = tenant.calls.length;
    assert.deepEqual(await askForRefresh(gateway), {
      __typename: 'RefreshRateLimited',
      status: { phase: 'IDLE', currentRun: null },
      reason: 'UPSTREAM_BUDGET',
      retryAt: toText(firstCallAtMs + MINUTE_MS),
      retryAfterSeconds: 56,
    });
    assert.equal(tenant.calls.length, callsBefore);
    const { refresh } = await gateway.ask<{ refresh: { budgets: Record<string, unknown>[] } }>(
      '{ refresh { budgets { endpoint remainingThisMinute remainingThisHour resetsAt } } }',
    );
    assert.deepEqual(refresh.budgets[0], {
      endpoint: 'EXPORT',
      remainingThisMinute: 0,
      remainingThisHour: 15,
      resetsAt: toText(firstCallAtMs + MINUTE_MS),
    });
    await clock.advance(56 * SECOND_MS);
    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
  });

  test('is limited while Defender throttles, for as long as it asked', async () => {
    await using tenant = await createSimulator(SIZE);
    await using gateway = await startGatewayWithSnapshot({ tenant });
    tenant.fail({
      endpoint: 'export',
      fault: { kind: 'reply', status: 429, headers: { 'retry-after': '600' }, body: THROTTLED },
    });
    const startedAtMs = Date.now();
    const { outcome, failure } = await gateway.refresh();
    const endedAtMs = Date.now();
    assert.deepEqual([outcome, failure?.code], ['FAILED', 'UPSTREAM_RATE_LIMITED']);
    const callsBefore = tenant.calls.length;
    const { retryAt, retryAfterSeconds, ...answer } = await askForRefresh(gateway);
    assert.deepEqual(answer, {
      __typename: 'RefreshRateLimited',
      status: { phase: 'IDLE', currentRun: null },
      reason: 'UPSTREAM_THROTTLED',
    });
    const retryAtMs = Date.parse(retryAt!);
    assert.ok(retryAtMs >= startedAtMs + 599_000 && retryAtMs <= endedAtMs + 601_000, retryAt);
    assert.ok(retryAfterSeconds! > 0 && retryAfterSeconds! <= 601, String(retryAfterSeconds));
    assert.equal(tenant.calls.length, callsBefore);
  });
});
