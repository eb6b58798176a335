import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Keyv } from 'keyv';
import { DiskStore } from '../../../src/storage/disk-store.ts';
import { collect } from '../../support/collect.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

function open(t: TestContext) {
  const folder = join(createTemporaryFolder(t), 'entries');
  const clock = createManualClock(Date.UTC(2026, 0, 15));
  const store = new DiskStore({ folder, clock });
  return { folder, clock, store, onlyFile: () => join(folder, readdirSync(folder)[0] ?? '') };
}

describe('files', () => {
  it('are for their owner alone, and none is left half-written', async (t) => {
    const { folder, store, onlyFile } = open(t);
    await store.set('key', 'value');
    await store.set('key', 'other');
    assert.equal(readdirSync(folder).length, 1);
    assert.equal(statSync(onlyFile()).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it('hold what another instance, after a restart, reads', async (t) => {
    const { folder, clock, store } = open(t);
    await store.set('key', 'value', 1_000);
    const again = new DiskStore({ folder, clock });
    assert.equal(await again.get('key'), 'value');
    await clock.advance(1_001);
    assert.equal(await again.get('key'), undefined);
    assert.equal(await again.has('key'), false);
  });

  it('of many writers at once end whole, as one of them wrote it', async (t) => {
    const { store } = open(t);
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.set('key', `value ${index}`)));
    assert.match((await store.get<string>('key')) as string, /^value \d+$/);
  });
});

it('keeps to the namespace that Keyv gives it, when two share a folder', async (t) => {
  const { folder, clock } = open(t);
  const [one, two] = ['one', 'two'].map((namespace) => {
    const store = new DiskStore({ folder, clock });
    return { store, keyv: new Keyv(store, { namespace, throwOnErrors: true }) };
  });
  assert.ok(one && two);
  await one.keyv.set('key', 1);
  await two.keyv.set('key', 2);
  assert.equal((await collect(one.store.iterator('one'))).length, 1);
  await one.keyv.clear();
  assert.deepEqual([await one.keyv.get('key'), await two.keyv.get('key')], [undefined, 2]);
});

describe('a damaged entry', () => {
  const damages: readonly [string, (text: string) => string][] = [
    ['a changed character', (text) => text.replace('value', 'valuf')],
    ['a lost end', (text) => text.slice(0, -3)],
    ['nothing left', () => ''],
    ['other text', () => '{}'],
  ];
  for (const [title, damage] of damages) {
    it(`with ${title} is an error once, and a miss after`, async (t) => {
      const { store, onlyFile } = open(t);
      await store.set('key', 'value');
      writeFileSync(onlyFile(), damage(readFileSync(onlyFile(), 'utf8')));
      await assert.rejects(store.get('key'), { code: 'STORE_CORRUPT', retryable: true });
      assert.equal(await store.get('key'), undefined);
      await store.set('key', 'new');
      assert.equal(await store.get('key'), 'new');
    });
  }

  it('is also one that stands under the name of another', async (t) => {
    const { folder, store, onlyFile } = open(t);
    await store.set('one', 'value');
    const file = onlyFile();
    await store.set('two', 'value');
    const other = readdirSync(folder).find((name) => join(folder, name) !== file) ?? '';
    renameSync(file, join(folder, other));
    await assert.rejects(store.get('two'), { code: 'STORE_CORRUPT' });
  });

  it('stops an iteration, but neither clear nor the sweep', async (t) => {
    const { store, onlyFile } = open(t);
    await store.set('key', 'value');
    writeFileSync(onlyFile(), 'damaged');
    await assert.rejects(collect(store.iterator()), { code: 'STORE_CORRUPT' });
    await store.set('key', 'value');
    writeFileSync(onlyFile(), 'damaged');
    await store.clear();
    await store.removeExpired();
    assert.deepEqual(await collect(store.iterator()), []);
  });
});

describe('the sweep', () => {
  it('removes what has expired and keeps the rest', async (t) => {
    const { folder, clock, store } = open(t);
    await store.set('short', 1, 1_000);
    await store.set('long', 2, 5_000);
    await store.set('ever', 3);
    await clock.advance(1_001);
    assert.equal(await store.removeExpired(), 1);
    assert.equal(readdirSync(folder).length, 2);
    assert.equal(await store.removeExpired(), 0);
  });

  it('of a folder that was never written to finds nothing', async (t) => {
    assert.equal(await open(t).store.removeExpired(), 0);
  });
});

describe('a disk that refuses', () => {
  it('is an error of every call, through Keyv too, and never a miss', async (t) => {
    const { folder, store } = open(t);
    writeFileSync(folder, 'a file in the place of the folder');
    const keyv = new Keyv(store, { throwOnErrors: true });
    const refused = { code: 'STORE_UNAVAILABLE', retryable: true };
    await assert.rejects(keyv.set('key', 'value'), refused);
    await assert.rejects(keyv.setMany([{ key: 'key', value: 'value' }]), refused);
    await assert.rejects(keyv.get('key'), refused);
    await assert.rejects(keyv.getMany(['key']), refused);
    await assert.rejects(keyv.has('key'), refused);
    await assert.rejects(keyv.delete('key'), refused);
    await assert.rejects(keyv.deleteMany(['key']), refused);
    await assert.rejects(keyv.clear(), refused);
    await assert.rejects(collect(store.iterator()), refused);
  });

  it('after the bytes are written leaves no temporary file', async (t) => {
    const { folder, store, onlyFile } = open(t);
    await store.set('key', 'old');
    const file = onlyFile();
    await store.delete('key');
    // A folder with something in it cannot be replaced by a file: the rename fails after the write.
    mkdirSync(join(file, 'inner'), { recursive: true });
    await assert.rejects(store.set('key', 'new'), { code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(readdirSync(folder), [basename(file)]);
  });
});
