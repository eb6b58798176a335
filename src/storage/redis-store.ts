/**
 * The Keyv storage adapter over Redis: `@keyv/redis`, with every failure thrown as `STORE_UNAVAILABLE`.
 *
 * The kept adapter reports some failures as events alone (`clear`), or waits as long as the socket does;
 * here both are errors, so that "missing" always means missing. What is no entry of Keyv's is `STORE_CORRUPT`, and
 * removed, so that the next read is a miss. Keys are `defender-certificate-gateway:<namespace>::<key>`, expiry is
 * Redis' own.
 */

import { EventEmitter } from 'node:events';
import KeyvRedis from '@keyv/redis';
import type { KeyvEntry, KeyvStoreAdapter, StoredData } from 'keyv';
import type { RedisConnection } from './redis-connection.ts';
import { storeCorrupt } from './store-errors.ts';

/** First part of every key, so that Redis can be shared with others. */
export const REDIS_KEY_PREFIX = 'defender-certificate-gateway';

export class RedisStore extends EventEmitter implements KeyvStoreAdapter {
  /** Tells Keyv that it can iterate. */
  readonly opts: { readonly dialect: string; readonly url: string };
  /** Set by Keyv; the namespace given at construction is the one that counts. */
  namespace: string | undefined;
  readonly #connection: RedisConnection;
  readonly #inner: KeyvRedis<string>;
  readonly #namespace: string;

  constructor({ connection, namespace }: { connection: RedisConnection; namespace: string }) {
    super();
    this.opts = { dialect: 'redis', url: 'redis:' };
    this.#connection = connection;
    this.#namespace = namespace;
    this.#inner = new KeyvRedis(connection.client, {
      namespace: `${REDIS_KEY_PREFIX}:${namespace}`,
      throwOnErrors: true,
      throwOnConnectError: true,
    });
    // The same failure also rejects the call that met it; the connection logs outages.
    this.#inner.on('error', () => undefined);
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const stored = await this.#connection.run('reading an entry', () => this.#inner.get<unknown>(key));
    return (await this.#verify(key, stored)) as StoredData<Value> | undefined;
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    const stored = await this.#connection.run('reading entries', () => this.#inner.getMany<unknown>(keys));
    const verified = stored.map((value, index) => this.#verify(keys[index] ?? '', value));
    return (await Promise.all(verified)) as StoredData<Value | undefined>[];
  }

  async set(key: string, value: string, ttlMs?: number): Promise<true> {
    await this.#connection.run('writing an entry', () => this.#inner.set(key, value, ttlMs));
    return true;
  }

  async setMany(entries: KeyvEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#connection.run('writing entries', () => this.#inner.setMany(entries));
  }

  async delete(key: string): Promise<boolean> {
    return await this.#connection.run('removing an entry', () => this.#inner.delete(key));
  }

  /** @returns whether at least one of them was there */
  async deleteMany(keys: string[]): Promise<boolean> {
    if (keys.length === 0) return false;
    return await this.#connection.run('removing entries', () => this.#inner.deleteMany(keys));
  }

  async has(key: string): Promise<boolean> {
    return await this.#connection.run('looking for an entry', () => this.#inner.has(key));
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    if (keys.length === 0) return [];
    return await this.#connection.run('looking for entries', () => this.#inner.hasMany(keys));
  }

  async clear(): Promise<void> {
    await this.#connection.run('clearing a namespace', async () => {
      const failures: unknown[] = [];
      const onError = (error: unknown) => failures.push(error);
      this.#inner.on('error', onError);
      try {
        await this.#inner.clear();
      } finally {
        this.#inner.off('error', onError);
      }
      if (failures.length > 0) throw failures[0];
    });
  }

  /** Key and value of each entry, in no order; an entry that is written meanwhile may be there or not. */
  async *iterator<Value>(): AsyncGenerator<[string, Awaited<Value> | undefined], void> {
    const entries = this.#inner.iterator<Awaited<Value>>(this.#inner.namespace);
    for (;;) {
      const step = await this.#connection.run('listing entries', () => entries.next());
      if (step.done) return;
      const [key, stored] = step.value;
      await this.#verify(key, stored);
      yield [key, stored];
    }
  }

  /** The connection is shared; whoever opened it closes it. */
  async disconnect(): Promise<void> {}

  /** The entry, unchanged: Keyv reads it. */
  async #verify<Stored>(key: string, stored: Stored): Promise<Stored> {
    if (stored === undefined || stored === null || isEntry(stored)) return stored;
    // Where it cannot be removed, on a replica, the next read finds it damaged again.
    await this.delete(key).catch(() => false);
    throw storeCorrupt(`An entry of ${this.#namespace} in Redis`, 'it cannot be read');
  }
}

/** Whether Keyv can read it: a JSON object, with a value or, for `undefined`, without. */
function isEntry(stored: unknown): boolean {
  try {
    const entry: unknown = JSON.parse(String(stored));
    return typeof entry === 'object' && entry !== null && !Array.isArray(entry);
  } catch {
    return false;
  }
}
