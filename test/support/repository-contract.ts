/** What a snapshot repository must do over any store; run it over each of them. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { CHUNK_BYTES, type EncodedSnapshot } from '../../src/snapshot/format.ts';
import { type ChunkStore, digestChunk } from '../../src/storage/chunk-store.ts';
import { cutSnapshot } from '../../src/storage/snapshot-document.ts';
import {
  createSnapshotRepository,
  type SnapshotRepository,
  type SnapshotRepositoryOptions,
} from '../../src/storage/snapshot-repository.ts';
import type { Store } from '../../src/storage/store.ts';
import { diskUnavailable } from '../../src/storage/store-errors.ts';
import { collect } from './collect.ts';
import {
  API_URL,
  changeOneByte,
  createEncodedSnapshot,
  createGeneration,
  TENANT_ID,
} from './encoded-snapshots.ts';
import { createManualClock } from './manual-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';

export interface RepositorySubject extends AsyncDisposable {
  readonly store: Store;
  /** What lies in the store under a digest, in its stored form. */
  readStored(digest: string): Promise<Uint8Array>;
  /** Overwrites what lies there behind the store's back. */
  damage(digest: string, bytes: Uint8Array): Promise<void>;
}

export interface RepositoryContractOptions {
  readonly open: (t: TestContext) => Promise<RepositorySubject>;
  readonly skip?: string | false;
}

interface Fixture {
  readonly subject: RepositorySubject;
  readonly store: Store;
  readonly log: RecordingLogger;
  /** A repository as a new process would open it. */
  open(overrides?: Partial<SnapshotRepositoryOptions>): SnapshotRepository;
}

/** Registers the suite for one store. */
export function testRepositoryContract(
  name: string,
  { open, skip = false }: RepositoryContractOptions,
): void {
  const test = (title: string, run: (fixture: Fixture) => Promise<void>): void => {
    it(title, async (t) => {
      await using subject = await open(t);
      const { store } = subject;
      const log = createRecordingLogger();
      const base = { store, tenantId: TENANT_ID, apiUrl: API_URL, clock: createManualClock(), log };
      await run({
        subject,
        store,
        log,
        open: (overrides = {}) => createSnapshotRepository({ ...base, ...overrides }),
      });
    });
  };

  describe(`a snapshot repository on ${name}`, { skip }, () => {
    test('restores after a restart exactly what was saved, in shared memory', async ({ open }) => {
      const snapshot = createEncodedSnapshot(1, { large: true });
      await open().save(snapshot);
      const restored = await open().load();
      assertSame(restored, snapshot);
      for (const buffer of restored?.segments.values() ?? []) assert.ok(buffer instanceof SharedArrayBuffer);
    });

    test('has nothing to restore in an empty store, and says nothing', async ({ open, log }) => {
      assert.equal(await open().load(), undefined);
      assert.deepEqual(log.messages, []);
    });

    test('restores the latest of several', async ({ open }) => {
      const repository = open();
      for (const revision of [1, 2, 3]) await repository.save(createEncodedSnapshot(revision));
      assertSame(await open().load(), createEncodedSnapshot(3));
    });

    test('saves late only what nothing newer has been saved after', async ({ open }) => {
      await open().saveLate(createGeneration(1));
      assertSame(await open().load(), createGeneration(1));
      await open().save(createGeneration(3));
      await open().saveLate(createGeneration(2));
      assertSame(await open().load(), createGeneration(3));
      await open().saveLate(createGeneration(4));
      assertSame(await open().load(), createGeneration(4));
    });

    test('writes an equal segment once', async ({ open, store }) => {
      await open().save(createEncodedSnapshot(1));
      // Of the second snapshot only its own segment and its document are new.
      await open({ store: failingAfter(store, 2) }).save(createEncodedSnapshot(2));
      assertSame(await open().load(), createEncodedSnapshot(2));
    });

    test('writes nothing when the same snapshot is saved again', async ({ open, store }) => {
      const { recording, digests } = recordWrites(store);
      const snapshot = createEncodedSnapshot(1, { large: true });
      await open({ store: recording }).save(snapshot);
      const { length } = digests;
      await open({ store: recording }).save(snapshot);
      assert.equal(digests.length, length);
    });

    test('says how many bytes it has written, and into how many chunks', async ({
      open,
      subject,
      store,
      log,
    }) => {
      await open().save(createEncodedSnapshot(1, { large: true }));
      let writtenBytes = 0;
      const digests = await collect(store.chunks.list());
      for (const digest of digests) writtenBytes += (await subject.readStored(digest)).length;
      const { length } = digests;
      assert.deepEqual(log.lines[0]?.fields, {
        chunks: length,
        writtenChunks: length,
        writtenBytes,
        durationMs: 0,
      });
    });

    test('writes of a changed segment the chunk that differs, and the document', async ({ open, store }) => {
      const before = createEncodedSnapshot(1, { large: true });
      const after = changeOneByte(before, 'large', CHUNK_BYTES + 5);
      await open().save(before);
      const { recording, digests } = recordWrites(store);
      await open({ store: recording }).save(after);
      const changed = new Uint8Array(after.segments.get('large')!, CHUNK_BYTES, CHUNK_BYTES);
      assert.deepEqual(digests, [digestChunk(changed), digests[1]]);
      assertSame(await open().load(), after);
    });

    test('prunes all but the current and the previous one', async ({ open, store }) => {
      const repository = open();
      await repository.save(createEncodedSnapshot(1));
      const chunksOfOne = await countChunks(store.chunks);
      await repository.save(createEncodedSnapshot(2));
      assert.equal(await repository.prune(), 0);
      await repository.save(createEncodedSnapshot(3));
      assert.equal(await repository.prune(), 2);
      assert.equal(await countChunks(store.chunks), chunksOfOne + 2);
      assertSame(await open().load(), createEncodedSnapshot(3));
    });

    test('keeps the previous one when the same snapshot is saved again', async ({ open, subject, store }) => {
      const repository = open();
      await repository.save(createEncodedSnapshot(1));
      await repository.save(createEncodedSnapshot(2));
      await repository.save(createEncodedSnapshot(2));
      await repository.prune();
      await damageOwnSegment(subject, store, 2);
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('falls back to the previous one when a chunk is damaged, and says so', async ({
      open,
      subject,
      store,
      log,
    }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      await damageOwnSegment(subject, store, 2);
      assertSame(await open().load(), createEncodedSnapshot(1));
      assert.deepEqual(log.messages, ['a stored snapshot is damaged: not restored']);
    });

    test('tells of what is damaged, once for each', async ({ open, subject, store }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      for await (const digest of store.chunks.list()) await subject.damage(digest, Uint8Array.of(1));
      const told: string[] = [];
      assert.equal(await open({ onDamage: ({ code }) => told.push(code) }).load(), undefined);
      assert.deepEqual(told, ['STORE_CORRUPT', 'STORE_CORRUPT']);
    });

    test('falls back though what is damaged cannot be removed', async ({ open, subject, store }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      await damageOwnSegment(subject, store, 2);
      const readOnly = changeChunks(store, { remove: refuse });
      assertSame(await open({ store: readOnly }).load(), createEncodedSnapshot(1));
    });

    test('falls back when a chunk cannot be read, and finds it again when it can', async ({
      open,
      store,
      log,
    }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      const own = digestChunk(new Uint8Array(createEncodedSnapshot(2).segments.get('own')!));
      const badSector = changeChunks(store, {
        readInto: async (digest, target) =>
          digest === own ? await refuse() : await store.chunks.readInto(digest, target),
      });
      assertSame(await open({ store: badSector }).load(), createEncodedSnapshot(1));
      assert.deepEqual(log.messages, ['the stored snapshot cannot be read: the one before it is restored']);
      assertSame(await open().load(), createEncodedSnapshot(2));
      const away = changeChunks(store, { read: refuse, readInto: refuse });
      await assert.rejects(open({ store: away }).load(), { code: 'STORE_UNAVAILABLE' });
    });

    test('takes a pointer that names nothing for damaged, and replaces it', async ({ open, store, log }) => {
      const pointers = store.keyValue('snapshots');
      const key = JSON.stringify([TENANT_ID, API_URL]);
      const digest = '0'.repeat(64);
      for (const pointer of [
        null,
        7,
        'text',
        {},
        { version: 2 },
        { version: 2, current: 'elsewhere', previous: null },
        { version: 2, current: '../../etc/passwd', previous: null },
        { version: 2, current: digest, previous: 7 },
        { version: 'two', current: digest, previous: null },
      ]) {
        await pointers.set(key, pointer);
        await open().prune();
        assert.equal(await open().load(), undefined, JSON.stringify(pointer));
        assert.equal(log.messages.at(-1), 'the pointer to the stored snapshot is damaged: set aside');
        await open().save(createEncodedSnapshot(1));
        assertSame(await open().load(), createEncodedSnapshot(1));
      }
    });

    test('keeps the restored one, not the damaged one, beside the next', async ({ open, subject, store }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      await damageOwnSegment(subject, store, 2);
      await open().load();
      await open().save(createEncodedSnapshot(3));
      await open().prune();
      await damageOwnSegment(subject, store, 3);
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('writes a damaged chunk anew with the next save that needs it', async ({ open, subject, store }) => {
      await open().save(createEncodedSnapshot(1));
      await damageOwnSegment(subject, store, 1);
      assert.equal(await open().load(), undefined);
      await open().save(createEncodedSnapshot(1));
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('gives nothing when both are damaged, whichever chunk it is', async ({ open, store, log }) => {
      await open().save(createEncodedSnapshot(1));
      await open().save(createEncodedSnapshot(2));
      for await (const digest of store.chunks.list()) await store.chunks.remove(digest);
      assert.equal(await open().load(), undefined);
      assert.equal(log.messages.at(-1), 'none of the stored snapshots can be restored');
    });

    test('never restores another tenant, nor another API, and says so', async ({ open, log }) => {
      await open().save(createEncodedSnapshot(1));
      assert.equal(await open({ tenantId: 'another' }).load(), undefined);
      assert.equal(await open({ apiUrl: 'https://api-gov.securitycenter.microsoft.us' }).load(), undefined);
      const said = 'the stored snapshots are of another tenant or API: not restored';
      assert.deepEqual(log.messages, [said, said]);
      await assert.rejects(open({ tenantId: 'another' }).save(createEncodedSnapshot(2)), {
        code: 'INVARIANT_VIOLATED',
      });
    });

    test('keeps the snapshots of two tenants apart, and prunes neither for the other', async ({ open }) => {
      const other = createEncodedSnapshot(7, { tenantId: 'another' });
      await open().save(createEncodedSnapshot(1));
      await open({ tenantId: 'another' }).save(other);
      await open().prune();
      assertSame(await open().load(), createEncodedSnapshot(1));
      assertSame(await open({ tenantId: 'another' }).load(), other);
    });

    test('never restores another format, and says so', async ({ open, log }) => {
      await open().save(createEncodedSnapshot(1, { formatVersion: 999 }));
      assert.equal(await open().load(), undefined);
      assert.equal(log.messages[0], 'a stored snapshot has another format: not restored');
    });

    test('stopped at any write leaves the old snapshot current, and its leftovers are pruned', async ({
      open,
      store,
    }) => {
      await open().save(createEncodedSnapshot(1));
      const chunksOfOne = await countChunks(store.chunks);
      for (let writes = 0; ; writes += 1) {
        const failing = failingAfter(store, writes);
        const error = await open({ store: failing })
          .save(createEncodedSnapshot(2))
          .catch((reason: unknown) => reason);
        if (error === undefined) break;
        assert.ok(writes < 10, 'the save ends');
        assertSame(await open().load(), createEncodedSnapshot(1));
        await open().prune();
        assert.equal(await countChunks(store.chunks), chunksOfOne);
      }
      assertSame(await open().load(), createEncodedSnapshot(2));
    });

    test('a save that fails leaves nothing behind', async ({ open, store }) => {
      await open().save(createEncodedSnapshot(1));
      const before = await countChunks(store.chunks);
      for (const revision of [2, 3, 4]) {
        const failing = failingAfter(store, 1);
        await assert.rejects(open({ store: failing }).save(createEncodedSnapshot(revision)), /stopped/);
        assert.equal(await countChunks(store.chunks), before);
      }
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('a save removes what a killed process has written, but for what it needs itself', async ({
      open,
      store,
    }) => {
      await open().save(createEncodedSnapshot(1));
      // Written by processes that died before they moved the pointer.
      const [lost, next] = [
        await cutSnapshot(createEncodedSnapshot(7)),
        await cutSnapshot(createEncodedSnapshot(8)),
      ];
      for (const { chunks } of [lost, next]) {
        for (const [digest, bytes] of chunks) await store.chunks.write(digest, bytes);
      }
      const { recording, digests } = recordWrites(store);
      await assert.rejects(
        open({ store: recording }).save(createEncodedSnapshot(8), AbortSignal.abort(new Error('killed too'))),
      );
      assert.deepEqual(digests, []);
      const stored = new Set(await collect(store.chunks.list()));
      const { chunks: needed } = await cutSnapshot(createEncodedSnapshot(1));
      assert.deepEqual(stored, new Set([...needed.keys(), ...next.chunks.keys()]));
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('takes what the first version of the store kept for nothing, says so, and prunes it', async ({
      open,
      subject,
      store,
      log,
    }) => {
      const old = await cutSnapshot(createEncodedSnapshot(1));
      for (const [digest, bytes] of old.chunks) await subject.damage(digest, bytes);
      await store
        .keyValue('snapshots')
        .set(JSON.stringify([TENANT_ID, API_URL]), { current: old.digest, previous: null });
      assert.equal(await open().load(), undefined);
      assert.deepEqual(log.messages, [
        'the stored snapshots are of another version of the store: not restored',
      ]);

      const next = createEncodedSnapshot(2);
      await open().save(next);
      assertSame(await open().load(), next);
      await open().prune();
      const stored = new Set(await collect(store.chunks.list()));
      assert.deepEqual(stored, new Set((await cutSnapshot(next)).chunks.keys()));
    });

    test('stops at the signal, with its reason, and the old snapshot stays current', async ({ open }) => {
      await open().save(createEncodedSnapshot(1));
      const reason = new Error('stopping');
      await assert.rejects(open().save(createEncodedSnapshot(2), AbortSignal.abort(reason)), reason);
      assertSame(await open().load(), createEncodedSnapshot(1));
    });

    test('refuses bytes that are not those of the manifest', async ({ open }) => {
      const snapshot = createEncodedSnapshot(1);
      new Uint8Array(snapshot.segments.get('own') ?? new SharedArrayBuffer(1))[5]! ^= 1;
      await assert.rejects(open().save(snapshot), { code: 'INVARIANT_VIOLATED' });
      assert.equal(await open().load(), undefined);
    });

    test('does one thing after another, whoever asks', async ({ open }) => {
      const repository = open();
      await Promise.all([
        repository.save(createEncodedSnapshot(1)),
        repository.prune(),
        repository.save(createEncodedSnapshot(2)),
        repository.prune(),
      ]);
      assertSame(await repository.load(), createEncodedSnapshot(2));
    });
  });
}

/** Compares every byte. */
export function assertSame(actual: EncodedSnapshot | undefined, expected: EncodedSnapshot): void {
  assert.ok(actual, 'there is a snapshot');
  assert.deepEqual(actual.manifest, expected.manifest);
  assert.deepEqual([...actual.segments.keys()], [...expected.segments.keys()]);
  for (const [name, buffer] of expected.segments) {
    const bytes: Uint8Array = new Uint8Array(actual.segments.get(name) ?? new SharedArrayBuffer(0));
    assert.equal(Buffer.compare(bytes, new Uint8Array(buffer)), 0, name);
  }
}

/** How many chunks lie in the store. */
export async function countChunks(chunks: ChunkStore): Promise<number> {
  return (await collect(chunks.list())).length;
}

/** Flips one bit in the stored form of the segment that only this revision has. */
export async function damageOwnSegment(
  subject: RepositorySubject,
  store: Store,
  revision: number,
): Promise<void> {
  const own = new Uint8Array(createEncodedSnapshot(revision).segments.get('own') ?? new SharedArrayBuffer(0));
  for await (const digest of store.chunks.list()) {
    const bytes: Uint8Array | undefined = await store.chunks.read(digest);
    if (bytes === undefined || Buffer.compare(bytes, own) !== 0) continue;
    const stored = await subject.readStored(digest);
    await subject.damage(
      digest,
      stored.map((byte, index) => (index === 100 ? byte ^ 4 : byte)),
    );
    return;
  }
  assert.fail('the segment is stored');
}

/** The store, and the digests of the chunks written to it, in order. */
function recordWrites(store: Store): { recording: Store; digests: readonly string[] } {
  const digests: string[] = [];
  const recording: Store = {
    ...store,
    chunks: {
      ...store.chunks,
      write: async (digest, bytes) => {
        digests.push(digest);
        return await store.chunks.write(digest, bytes);
      },
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { recording, digests };
}

/** The store with other chunks behind it. */
function changeChunks(store: Store, chunks: Partial<ChunkStore>): Store {
  return {
    ...store,
    chunks: { ...store.chunks, ...chunks },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What a disk answers that fails in one place. */
async function refuse(): Promise<never> {
  throw diskUnavailable('doing so', Object.assign(new Error('i/o error'), { code: 'EIO' }));
}

/** The store of a process that is stopped after so many chunks. */
export function failingAfter(store: Store, writes: number): Store {
  let left = writes;
  return {
    ...store,
    keyValue: store.keyValue,
    chunks: {
      ...store.chunks,
      write: async (digest, bytes) => {
        left -= 1;
        if (left < 0) throw new Error('stopped');
        return await store.chunks.write(digest, bytes);
      },
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
