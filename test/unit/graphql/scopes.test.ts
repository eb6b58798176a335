import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { createScopes } from '../../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../../src/graphql/slices.ts';
import { openScope } from '../../../src/snapshot/scope.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { finish } from '../../../src/snapshot/work.ts';
import { openSmallInventory } from '../../support/small-inventory.ts';

/** Every piece of work in a slice of its own. */
const inSlices = () => createSliceRunner({ turnMs: 0 });
/** All work at once. */
const atOnce = () => createSliceRunner({ monotonicNowMs: () => 0 });

describe('scopes of a snapshot', () => {
  it('are kept by their groups, whatever the order that these come in', () => {
    const scopes = createScopes({ slices: atOnce() });
    const whole = openSmallInventory();
    const scope = scopes.open(whole, ['0', '12']) as Snapshot;
    assert.deepEqual(scope.counts, { certificates: 3, devices: 2, installations: 6 });
    assert.equal(scopes.open(whole, ['12', '0', '12']), scope);
    assert.notEqual(scopes.open(whole, ['12']), scope);
    assert.notEqual(scopes.open(openSmallInventory(), ['0', '12']), scope);
  });

  it('are made once for all who wait for one', async () => {
    const scopes = createScopes({ slices: inSlices() });
    const whole = openSmallInventory();
    const opened = await Promise.all([scopes.open(whole, ['0']), scopes.open(whole, ['0'])]);
    assert.equal(opened[0], opened[1]);
    assert.equal(await scopes.open(whole, ['0']), opened[0]);
  });

  it('are made for who still waits when the request that asked first is over', async () => {
    const scopes = createScopes({ slices: inSlices() });
    const whole = openSmallInventory();
    const over = new GatewayError('DEADLINE_EXCEEDED', 'over');
    const first = scopes.open(whole, ['0'], () => over);
    const second = scopes.open(whole, ['0']);
    await assert.rejects(async () => first, over);
    assert.equal((await second).counts.devices, 1);
  });

  it('go, the one that was asked for the longest ago first, when they take more than they may; the newest stays', () => {
    const whole = openSmallInventory();
    const one = finish(openScope(whole, ['0']));
    const bytes = one.visible!.byteLength + one.queries.limits.cacheBytes;
    const scopes = createScopes({ slices: atOnce(), limitBytes: bytes * 2.5 });
    const [a, b] = [scopes.open(whole, ['0']), scopes.open(whole, ['12'])];
    assert.equal(scopes.open(whole, ['0']), a);
    const c = scopes.open(whole, ['none']);
    assert.equal(scopes.open(whole, ['0']), a);
    assert.equal(scopes.open(whole, ['none']), c);
    assert.notEqual(scopes.open(whole, ['12']), b);
    const tight = createScopes({ slices: atOnce(), limitBytes: 0 });
    const newest = tight.open(whole, ['0']);
    assert.equal(tight.open(whole, ['0']), newest);
    tight.open(whole, ['12']);
    assert.notEqual(tight.open(whole, ['0']), newest);
  });
});
