import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient, RESP_TYPES, type RedisClientType } from '@redis/client';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { connectRedis } from '../../src/storage/redis-connection.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore, type Store } from '../../src/storage/store.ts';
import { testChunkContract } from '../support/chunk-contract.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from '../support/encoded-snapshots.ts';
import { testKeyvContract } from '../support/keyv-contract.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { testRefusedContract } from '../support/refused-contract.ts';
import { assertSame, testRepositoryContract } from '../support/repository-contract.ts';
import { testRepositoryDamage } from '../support/repository-damage.ts';

const { path, skip } = findOptionalProgram('redis-server');

describe('the store in Redis', { skip }, () => {
  let server: RedisServer;
  let raw: RedisClientType;
  let shared: Store;
  before(async () => {
    server = await startRedisServer(path);
    raw = createClient({ url: server.url });
    await raw.connect();
    shared = await openOwn();
  });
  after(async () => {
    await shared[Symbol.asyncDispose]();
    raw.destroy();
    await server[Symbol.asyncDispose]();
  });

  function openOwn(): Promise<Store> {
    const options = { dataDir: '/nowhere', cacheUrl: server.url, clock: systemClock, log: silentLogger };
    return openStore(options);
  }

  /** The store, emptied; it stays connected from test to test. */
  async function open(): Promise<{ store: Store; raw: RedisClientType } & AsyncDisposable> {
    await raw.flushDb();
    return { store: shared, raw, [Symbol.asyncDispose]: async () => undefined };
  }

  async function openWithDamage() {
    const subject = await open();
    return {
      ...subject,
      chunks: subject.store.chunks,
      readStored: async (digest: string) => {
        const binary = subject.raw.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
        const stored = await binary.get(`defender-certificate-gateway:chunk:${digest}`);
        assert.ok(stored !== null, 'it is stored');
        return stored;
      },
      damage: async (digest: string, bytes: Uint8Array) => {
        await subject.raw.set(`defender-certificate-gateway:chunk:${digest}`, Buffer.from(bytes));
      },
    };
  }

  testKeyvContract('Redis', {
    expiresByServer: true,
    open: async () => {
      const subject = await open();
      return {
        createKeyv: subject.store.keyValue,
        [Symbol.asyncDispose]: () => subject[Symbol.asyncDispose](),
      };
    },
  });
  testChunkContract('Redis', { open: openWithDamage, manyChunks: 2_500 });
  testRepositoryContract('Redis', { open: openWithDamage });
  testRepositoryDamage('Redis', { open: openWithDamage });
  testRefusedContract('Redis', { open: openWithDamage });

  it('keeps its keys under one prefix, and expiry in Redis', async () => {
    await using subject = await open();
    await subject.store.keyValue('tokens').set('key', 'value', 60_000);
    await subject.store.chunks.write(
      '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
      Uint8Array.of(1),
    );
    const keys = (await subject.raw.keys('*')).sort();
    assert.deepEqual(keys, [
      'defender-certificate-gateway:chunk:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
      'defender-certificate-gateway:tokens::key',
    ]);
    const leftMs = await subject.raw.pTTL('defender-certificate-gateway:tokens::key');
    assert.ok(leftMs > 0 && leftMs <= 60_000);
    assert.equal(await subject.raw.pTTL(keys[0] ?? ''), -1);
  });

  it('leaves the keys of others alone when it clears and prunes', async () => {
    await using subject = await open();
    await subject.raw.set('theirs', 'value');
    await subject.store.keyValue('tokens').set('key', 'value');
    await subject.store.keyValue('tokens').clear();
    await repositoryOn(subject.store).prune();
    assert.deepEqual(await subject.raw.keys('*'), ['theirs']);
  });

  it('does not prune the chunks of a save that another gateway has under way', async () => {
    await using subject = await open();
    const { store } = subject;
    let pruned: number | undefined;
    const slow: Store = {
      ...store,
      chunks: {
        ...store.chunks,
        write: async (digest, bytes) => {
          const storedBytes = await store.chunks.write(digest, bytes);
          pruned = await repositoryOn(store).prune();
          return storedBytes;
        },
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    await repositoryOn(slow).save(createEncodedSnapshot(1));
    assert.equal(pruned, 0);
    assertSame(await repositoryOn(store).load(), createEncodedSnapshot(1));
    assert.equal((await subject.raw.keys('*saves*')).length, 0);
  });

  it('is shared: another gateway restores what one has saved', async () => {
    await using subject = await open();
    await repositoryOn(subject.store).save(createEncodedSnapshot(1, { large: true }));
    await using other = await openOwn();
    assert.equal(other.isShared, true);
    assertSame(await repositoryOn(other).load(), createEncodedSnapshot(1, { large: true }));
  });

  it('that is killed fails every call at once, and is used again once it is back', async () => {
    await using own = await startRedisServer(path);
    const log = createRecordingLogger();
    // The clock stands still: what fails does so at once, not because its time is up.
    const clock = createManualClock();
    await using store = await openStore({ dataDir: '/nowhere', cacheUrl: own.url, clock, log });
    const keyv = store.keyValue('tokens');
    await keyv.set('key', 'value');

    await own.kill();
    await failsEverywhere(store);

    await own.restart();
    await log.until('Redis can be reached again', 2);
    assert.equal(await keyv.get('key'), undefined);
    assert.equal(await store.chunks.has('0'.repeat(64)), false);
    const away = log.messages.filter((message) => message.startsWith('Redis cannot be reached'));
    assert.equal(away.length, 2, 'once for each of the two connections');
  });

  it('that hangs counts as away once it has been silent for too long, and is used again once it answers', async () => {
    await using own = await startRedisServer(path);
    const log = createRecordingLogger();
    const clock = createManualClock();
    const connection = await connectRedis({ url: own.url, name: 'test', timeoutMs: 200, clock, log });
    const ask = () => connection.run('reading an entry', () => connection.client.get('key'));
    assert.equal(await ask(), null);

    own.freeze();
    // The clock stands still: it is the silence that ends the wait.
    await assert.rejects(ask, { code: 'STORE_UNAVAILABLE', message: /Socket timeout/ });
    await log.until('Redis cannot be reached; seeking it again', 1);
    // And nobody waits any more.
    await assert.rejects(ask, { code: 'STORE_UNAVAILABLE' });

    own.thaw();
    await log.until('Redis can be reached again', 1);
    assert.equal(await ask(), null);
    connection.close();
  });

  it('after it is disposed of fails instead of connecting again', async () => {
    const store = await openOwn();
    await store[Symbol.asyncDispose]();
    await failsEverywhere(store);
  });
});

describe('a Redis that is not there', () => {
  it('is an error of every call, without the password, while the store opens all the same', async () => {
    const port = await closedPort();
    const log = createRecordingLogger();
    const clock = createManualClock(0, { autoAdvance: true });
    const cacheUrl = `redis://user:hunter2@127.0.0.1:${port}`;
    await using store = await openStore({ dataDir: '/nowhere', cacheUrl, clock, log });
    await failsEverywhere(store);
    await assert.rejects(store.keyValue('tokens').get('key'), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`^Redis at 127\\.0\\.0\\.1:${port} \\(CACHE_URL\\) must answer, but failed`),
      );
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    assert.doesNotMatch(JSON.stringify(log.lines), /hunter2/);
  });
});

describe('a Redis that accepts and never answers', () => {
  it('fails each command when its time is up', async (t) => {
    const server = createServer((socket) => greet(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const clock = createManualClock();
    const url = `redis://127.0.0.1:${port}`;
    const connection = await connectRedis({ url, name: 'test', timeoutMs: 5_000, clock, log: silentLogger });
    t.after(() => connection.close());

    const reading = connection.run('reading an entry', () => connection.client.get('key'));
    reading.catch(() => undefined);
    await clock.advance(4_999);
    assert.equal(clock.pendingCount, 1);
    await clock.advance(1);
    await assert.rejects(reading, {
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      message: /failed while reading an entry: no answer within 5000 ms\./,
    });
  });
});

function repositoryOn(store: Store) {
  return createSnapshotRepository({
    store,
    tenantId: TENANT_ID,
    apiUrl: API_URL,
    clock: systemClock,
    log: silentLogger,
  });
}

async function failsEverywhere(store: Store): Promise<void> {
  const keyv = store.keyValue('tokens');
  const digest = '0'.repeat(64);
  const calls: readonly (() => Promise<unknown>)[] = [
    () => keyv.get('key'),
    () => keyv.getMany(['key']),
    () => keyv.set('key', 'value'),
    () => keyv.setMany([{ key: 'key', value: 'value' }]),
    () => keyv.has('key'),
    () => keyv.hasMany(['key']),
    () => keyv.delete('key'),
    () => keyv.deleteMany(['key']),
    () => keyv.clear(),
    () => keyv.iterator?.(undefined).next() ?? Promise.resolve(),
    () => store.chunks.read(digest),
    () => store.chunks.readInto(digest, new Uint8Array(1)),
    () => store.chunks.has(digest),
    () => store.chunks.write(digest, Uint8Array.of(1)),
    () => store.chunks.remove(digest),
    () => store.chunks.list()[Symbol.asyncIterator]().next(),
    () => repositoryOn(store).load(),
    () => repositoryOn(store).save(createEncodedSnapshot(1)),
    () => repositoryOn(store).prune(),
  ];
  for (const call of calls) {
    await assert.rejects(call, { code: 'STORE_UNAVAILABLE', retryable: true }, String(call));
  }
}

/** Answers what a client says on connecting, and nothing after. */
function greet(socket: Socket): void {
  socket.on('data', (data) => {
    const greetings = data.toString().match(/\r\n(?:CLIENT|HELLO)\r\n/gi) ?? [];
    socket.write('+OK\r\n'.repeat(greetings.length));
  });
  socket.on('error', () => socket.destroy());
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
