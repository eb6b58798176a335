import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GatewayError } from '../../../src/core/errors.ts';
import { createScopes } from '../../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../../src/graphql/slices.ts';
import { openScope } from '../../../src/snapshot/scope.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { finish, type Work } from '../../../src/snapshot/work.ts';
import { settle } from '../../support/manual-clock.ts';
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
    const sizes = ['0', '12', 'none'].map((id) => finish(openScope(whole, [id])).visible!.byteLength);
    const limitBytes = sizes.reduce((sum, size) => sum + size) - 1;
    const scopes = createScopes({ slices: atOnce(), limitBytes });
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

  it('say what all of them take, and what queries have worked out over them', () => {
    const [whole, next] = [openSmallInventory(), openSmallInventory()];
    const scopes = createScopes({ slices: atOnce() });
    assert.equal(scopes.sizeBytes(), 0);
    const kept = [
      scopes.open(whole, ['0']),
      scopes.open(whole, ['0']),
      scopes.open(whole, ['12', '0']),
      scopes.open(next, ['0']),
    ] as Snapshot[];
    const expected = () =>
      [...new Set(kept)].reduce(
        (sum, { visible, queries }) => sum + visible!.byteLength + queries.cache.bytes,
        0,
      );
    const before = scopes.sizeBytes();
    assert.equal(before, expected());
    assert.ok(before > 0);
    finish(kept[0]!.queries.cache.share('key', noWork, () => 1_000));
    assert.equal(scopes.sizeBytes(), expected());
    assert.ok(scopes.sizeBytes() > before + 1_000);
  });

  it('go for what queries have worked out over another, which is looked at now and then', () => {
    const whole = openSmallInventory();
    const [one, other] = ['0', '12'].map((id) => finish(openScope(whole, [id])).visible!.byteLength);
    const scopes = createScopes({ slices: atOnce(), limitBytes: one! + other! + 1_000 });
    const [a, b] = [scopes.open(whole, ['0']) as Snapshot, scopes.open(whole, ['12']) as Snapshot];
    finish(b.queries.cache.share('key', noWork, () => 2_000));
    for (let opened = 0; opened < 100; opened += 1) assert.equal(scopes.open(whole, ['12']), b);
    assert.notEqual(scopes.open(whole, ['0']), a);
  });

  it('take nothing more once they have gone for others', () => {
    const whole = openSmallInventory();
    const scopes = createScopes({ slices: atOnce(), limitBytes: 0 });
    const take = (id: string) => (scopes.open(whole, [id]) as Snapshot).visible!.byteLength;
    for (const id of ['0', '12', 'none']) assert.equal(take(id), scopes.sizeBytes());
  });

  it('take nothing more once their snapshot was collected', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const scopes = createScopes({ slices: atOnce() });
    const kept = openSmallInventory();
    const { byteLength } = (scopes.open(kept, ['0']) as Snapshot).visible!;
    // In a function of its own, whose frame is gone when the collector comes.
    const openMore = (): void => void scopes.open(openSmallInventory(), ['0']);
    openMore();
    assert.equal(scopes.sizeBytes(), 2 * byteLength);
    await settle();
    collect();
    await settle();
    assert.equal(scopes.sizeBytes(), byteLength);
    assert.equal(kept.visible, null);
  });
});

/** Work that is done when it begins. */
// biome-ignore lint/correctness/useYield: there is nothing to wait for.
function* noWork(): Work<null> {
  return null;
}
