/** What a snapshot repository must do, over any store, with a snapshot that was refused; run it over each of them. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type EncodedSnapshot, sealManifest } from '../../src/snapshot/format.ts';
import { createSnapshotRepository, type SnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import type { Store } from '../../src/storage/store.ts';
import { collect } from './collect.ts';
import {
  API_URL,
  createEncodedSnapshot,
  createGeneration,
  REFUSAL_REPORT,
  TENANT_ID,
} from './encoded-snapshots.ts';
import { createManualClock } from './manual-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';
import {
  assertSame,
  countChunks,
  damageOwnSegment,
  failingAfter,
  type RepositoryContractOptions,
  type RepositorySubject,
} from './repository-contract.ts';

const NOW_MS = Date.UTC(2026, 0, 16);

const served = (number: number) => createGeneration(number).manifest;

const report = REFUSAL_REPORT;

interface Fixture {
  readonly subject: RepositorySubject;
  readonly store: Store;
  readonly log: RecordingLogger;
  /** A repository as a new process would open it. */
  open(overrides?: { tenantId?: string; store?: Store }): SnapshotRepository;
}

/** Registers the suite for one store. */
export function testRefusedContract(name: string, { open, skip = false }: RepositoryContractOptions): void {
  const test = (title: string, run: (fixture: Fixture) => Promise<void>): void => {
    it(title, async (t: TestContext) => {
      await using subject = await open(t);
      const { store } = subject;
      const log = createRecordingLogger();
      const base = { store, tenantId: TENANT_ID, apiUrl: API_URL, clock: createManualClock(NOW_MS), log };
      await run({
        subject,
        store,
        log,
        open: (overrides = {}) => createSnapshotRepository({ ...base, ...overrides }),
      });
    });
  };

  describe(`a refused snapshot on ${name}`, { skip }, () => {
    test('is kept aside with its report, and never restored', async ({ open, log }) => {
      await open().keepRefused(createGeneration(2), report);
      assert.equal(await open().load(), undefined);
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      assertSame(await open().load(), createGeneration(1));
      const { digest, ...kept } = (await open().findRefused())!;
      assert.match(digest, /^[0-9a-f]{64}$/);
      assert.deepEqual(kept, { manifest: served(2), report, approvedAtMs: null });
      assert.deepEqual(
        log.lines.filter(({ level }) => level !== 'debug'),
        [],
      );
    });

    test('there is none in an empty store, nor for another tenant', async ({ open }) => {
      assert.equal(await open().findRefused(), undefined);
      await open().keepRefused(createGeneration(2), report);
      assert.equal(await open({ tenantId: 'another' }).findRefused(), undefined);
    });

    test('takes the place of the one before, and shares its chunks with the current one', async ({
      open,
      store,
    }) => {
      const repository = open();
      await repository.save(createGeneration(1));
      const chunksOfOne = await countChunks(store.chunks);
      for (const number of [2, 3, 4]) {
        await repository.keepRefused(createGeneration(number), report);
        // Its own segment, and its document.
        assert.equal(await countChunks(store.chunks), chunksOfOne + 2);
      }
      assert.deepEqual((await open().findRefused())?.manifest, served(4));
    });

    test('is not pruned while it is kept, whoever prunes', async ({ open }) => {
      await open().keepRefused(createGeneration(2), report);
      await open({ tenantId: 'another' }).save(createGeneration(1, { tenantId: 'another' }));
      assert.equal(await open({ tenantId: 'another' }).prune(), 0);
      assert.equal(await open().prune(), 0);
      await approveKept(open());
      assert.ok(await open().publishApproved({ served: served(1), revision: 9, publishedAtMs: NOW_MS }));
    });

    test('is forgotten with the next save, and its chunks are pruned', async ({ open, store }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      await open().save(createGeneration(3));
      assert.equal(await open().findRefused(), undefined);
      assert.equal(await open().findApproved(served(1)), undefined);
      assert.equal(await open().prune(), 2);
      assertSame(await open().load(), createGeneration(3));
      assert.equal(await countEntries(store), 0);
    });

    test('outlives a save of something older, which may come late', async ({ open }) => {
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      await open().save(createGeneration(1));
      assert.deepEqual((await open().findRefused())?.manifest, served(2));
      await open().prune();
      assert.equal((await publish(open()))?.manifest.installationCount, 1);
    });

    test('is not published until somebody approves it', async ({ open }) => {
      await open().keepRefused(createGeneration(2), report);
      assert.equal(await open().findApproved(served(1)), undefined);
      assert.equal(await publish(open()), undefined);
      const digest = await approveKept(open());
      assert.match((await open().findApproved(served(1))) ?? '', new RegExp(`^${digest} \\d+$`));
      assert.equal((await open().findRefused())?.approvedAtMs, NOW_MS);
    });

    test('becomes the current one when it is approved, under a new revision, and only once', async ({
      open,
      subject,
      store,
      log,
    }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      const published = await publish(open(), { revision: 7, publishedAtMs: NOW_MS + 5 });
      const { id: _, ...facts } = served(2);
      const manifest = sealManifest({ ...facts, revision: 7, publishedAtMs: NOW_MS + 5 });
      const expected = { manifest, segments: createGeneration(2).segments };
      assertSame(published, expected);
      assertSame(await open().load(), expected);
      assert.ok(log.messages.includes('a snapshot that was refused is published, as an operator asked'));

      assert.equal(await open().findRefused(), undefined);
      assert.equal(await open().findApproved(manifest), undefined);
      assert.equal(await publish(open(), { served: manifest, revision: 8 }), undefined);
      assert.equal(await countEntries(store), 0);
      // What it replaced is the previous one.
      await open().prune();
      await damageOwnSegment(subject, store, 2);
      assertSame(await open().load(), createGeneration(1));
    });

    test('is published once by each gateway that shares the store', async ({ open }) => {
      const [first, second] = [open(), open()];
      await first.save(createGeneration(1));
      await first.keepRefused(createGeneration(2), report);
      await approveKept(open());
      const published = await publish(first, { revision: 2 });
      await first.prune();
      assert.ok(await second.findApproved(served(1)));
      assertSame(await publish(second, { revision: 2 }), published!);
      // One that has refreshed more often must not go back.
      const ahead = await publish(second, { revision: 12 });
      assert.equal(ahead?.manifest.revision, 12);
      assert.notEqual(ahead?.manifest.id, published?.manifest.id);
      assert.equal(ahead?.manifest.publishedAtMs, published?.manifest.publishedAtMs);
      assert.equal(await publish(second, { served: published!.manifest }), undefined);
      assert.equal(await second.findApproved(published!.manifest), undefined);
      // What is published afterwards needs nobody's leave.
      await first.save(createGeneration(3));
      assert.equal(await second.findApproved(served(1)), undefined);
    });

    test('is not published in the place of something newer', async ({ open }) => {
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      for (const number of [2, 3]) {
        assert.equal(await open().findApproved(served(number)), undefined);
        assert.equal(await publish(open(), { served: served(number) }), undefined);
      }
      assert.ok(await publish(open(), { served: { generatedAtMs: null, publishedAtMs: 0 } }));
    });

    test('goes by when it was made where Defender did not say', async ({ open }) => {
      const snapshot = createEncodedSnapshot(2, { generatedAtMs: null, publishedAtMs: 100 });
      await open().keepRefused(snapshot, report);
      await approveKept(open());
      assert.equal(await open().findApproved({ generatedAtMs: null, publishedAtMs: 100 }), undefined);
      assert.ok(await open().findApproved({ generatedAtMs: null, publishedAtMs: 99 }));
    });

    test('is published when nothing is served at all', async ({ open }) => {
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      assert.ok(await open().findApproved(null));
      assert.equal((await publish(open(), { served: null, revision: 1 }))?.manifest.revision, 1);
      assert.equal((await open().load())?.manifest.revision, 1);
    });

    test('is not published for an approval of another one, which is dropped', async ({
      open,
      store,
      log,
    }) => {
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      await open().keepRefused(createGeneration(3), report);
      assert.equal((await open().findRefused())?.approvedAtMs, null);
      assert.equal(await open().findApproved(served(1)), undefined);
      assert.equal(await publish(open()), undefined);
      assert.deepEqual(log.messages, [
        'the snapshot that was approved is not kept aside any more, or is damaged: the approval is dropped',
      ]);
      assert.deepEqual((await open().findRefused())?.manifest, served(3));
      assert.equal(await countEntries(store), 1);
    });

    test('is forgotten when it is damaged, and nothing else with it', async ({
      open,
      subject,
      store,
      log,
    }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      await damageOwnSegment(subject, store, 2);
      assert.equal(await publish(open()), undefined);
      assert.ok(log.messages.includes('a stored snapshot is damaged: not restored'));
      assert.equal(await open().findRefused(), undefined);
      assertSame(await open().load(), createGeneration(1));
    });

    test('is none without its document, and its approval is dropped', async ({ open, store, log }) => {
      await open().keepRefused(createGeneration(2), report);
      const digest = await approveKept(open());
      await store.chunks.remove(digest);
      assert.equal(await open().findRefused(), undefined);
      assert.equal(await publish(open()), undefined);
      assert.ok(log.messages.includes('a stored snapshot is damaged: it cannot be published'));
      assert.equal(await countEntries(store), 0);
    });

    test('is none where what names it is garbled, which is said once, and approved by nothing garbled', async ({
      open,
      store,
      log,
    }) => {
      const key = JSON.stringify([TENANT_ID, API_URL]);
      await open().keepRefused(createGeneration(2), report);
      await store.keyValue('snapshot-approvals').set(key, { version: 2, digest: '../../etc/passwd' });
      assert.equal(await open().findApproved(served(1)), undefined);
      assert.equal(await open().findApproved(served(1)), undefined);
      assert.deepEqual(log.messages, ['what is stored about the refused snapshot is damaged: set aside']);
      await store.keyValue('refused-snapshots').set(key, { version: 2, digest: 'short', report });
      assert.equal(await open().findRefused(), undefined);
      assert.equal(await open().findRefused(), undefined);
      assert.equal(log.messages.length, 2);
      assert.equal(await countEntries(store), 0);
      // Another version of the store may know what to make of it.
      await store.keyValue('refused-snapshots').set(key, { version: 3, snapshot: 'other' });
      assert.equal(await open().findRefused(), undefined);
      assert.equal(log.messages.length, 2);
      assert.equal(await countEntries(store), 1);
    });

    test('is none when it has another format', async ({ open }) => {
      await open().keepRefused(createEncodedSnapshot(2, { formatVersion: 999 }), report);
      assert.equal(await open().findRefused(), undefined);
    });

    test('stopped at any write leaves the one before, and the current one', async ({ open, store }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      const before = await countChunks(store.chunks);
      for (let writes = 0; ; writes += 1) {
        const failing = failingAfter(store, writes);
        const error = await open({ store: failing })
          .keepRefused(createGeneration(3), report)
          .catch((reason: unknown) => reason);
        if (error === undefined) break;
        assert.ok(writes < 10, 'it ends');
        assert.deepEqual((await open().findRefused())?.manifest, served(2));
        assert.equal(await countChunks(store.chunks), before);
      }
      assert.deepEqual((await open().findRefused())?.manifest, served(3));
      assertSame(await open().load(), createGeneration(1));
    });

    test('that cannot be stored as the current one stays approved, and the current one stays', async ({
      open,
      store,
    }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      const approved = await open().findApproved(served(1));
      await assert.rejects(publish(open({ store: failingAfter(store, 0) })), /stopped/);
      assertSame(await open().load(), createGeneration(1));
      assert.ok(approved);
      assert.equal(await open().findApproved(served(1)), approved);
      assert.ok(await publish(open()));
    });

    test('is not published again when the process ends before it has forgotten it', async ({
      open,
      store,
    }) => {
      await open().save(createGeneration(1));
      await open().keepRefused(createGeneration(2), report);
      await approveKept(open());
      const published = await publish(open({ store: neverForgetting(store) }));
      assert.equal(await countEntries(store), 2);
      const { manifest } = published!;
      assertSame(await publish(open(), { publishedAtMs: NOW_MS + 5 }), published!);
      assert.equal(await open().findApproved(manifest), undefined);
      assert.equal(await publish(open(), { served: manifest, revision: 3 }), undefined);
      assert.equal(await countEntries(store), 0);
      assertSame(await open().load(), published!);
    });
  });
}

/** As the operator's command does it. */
async function approveKept(repository: SnapshotRepository): Promise<string> {
  const { digest } = (await repository.findRefused())!;
  await repository.approveRefused(digest);
  return digest;
}

async function publish(
  repository: SnapshotRepository,
  overrides: Partial<Parameters<SnapshotRepository['publishApproved']>[0]> = {},
): Promise<EncodedSnapshot | undefined> {
  return await repository.publishApproved({
    served: served(1),
    revision: 2,
    publishedAtMs: NOW_MS,
    ...overrides,
  });
}

/** Entries about refused snapshots, of any tenant. */
async function countEntries(store: Store): Promise<number> {
  let count = 0;
  for (const namespace of ['refused-snapshots', 'snapshot-approvals']) {
    const keyv = store.keyValue(namespace);
    count += (await collect(keyv.iterator!(keyv.namespace))).length;
  }
  return count;
}

/** The store of a process that ends before it removes an entry. */
function neverForgetting(store: Store): Store {
  return {
    ...store,
    keyValue: (namespace) =>
      new Proxy(store.keyValue(namespace), {
        get: (keyv, name) =>
          name === 'delete'
            ? () => Promise.reject(new Error('ended'))
            : Reflect.get(keyv, name, keyv) instanceof Function
              ? Reflect.get(keyv, name, keyv).bind(keyv)
              : Reflect.get(keyv, name, keyv),
      }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
