/**
 * A Keyv storage adapter on disk: one file an entry, in one folder.
 *
 * Any text is a key: the file is named by its SHA-256, and holds the key beside the value. Writes are
 * atomic and durable; what is read is verified by a digest. A failure is always thrown: `STORE_UNAVAILABLE`
 * when the disk refuses, `STORE_CORRUPT` when an entry is damaged (the file is then set aside, so that the
 * next read is a miss). It never answers "missing" for what it could not read.
 *
 *   <folder>/<sha-256 of key>.entry:   <sha-256 of the rest> \n { "key", "value", "expiresAtMs" }
 */

import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyvEntry, KeyvStoreAdapter, StoredData } from 'keyv';
import type { Clock } from '../core/clock.ts';
import { HOUR_MS } from '../core/units.ts';
import { createPrivateFolder, listFolder, removeTemporaryFiles, writeFileAtomically } from './atomic-file.ts';
import { diskUnavailable, isCorrupt, isMissing, storeCorrupt } from './store-errors.ts';

interface Entry {
  readonly key: string;
  readonly value: unknown;
  /** Epoch milliseconds from which on it counts as missing; `null`: never. */
  readonly expiresAtMs: number | null;
}

const ENTRY_SUFFIX = '.entry';
const DIGEST_LENGTH = 64;

/** How old a temporary file must be to be nobody's: no write takes that long. */
const ABANDONED_AFTER_MS = HOUR_MS;

export class DiskStore extends EventEmitter implements KeyvStoreAdapter {
  /** Keyv looks for known dialects and urls in it; this one is none of them. */
  readonly opts: { readonly dialect: string; readonly url: string };
  /** Set by Keyv, which prefixes keys with it: `clear` and `iterator` keep to those. */
  namespace: string | undefined;
  readonly #folder: string;
  readonly #clock: Clock;

  /** @param options.folder created with the first write */
  constructor({ folder, clock }: { folder: string; clock: Clock }) {
    super();
    this.#folder = folder;
    this.#clock = clock;
    this.opts = { dialect: 'disk', url: 'file:' };
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const entry = await this.#read(fileNameOf(key));
    return entry && this.#isLive(entry) ? (entry.value as StoredData<Value>) : undefined;
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    return await Promise.all(keys.map((key) => this.get<Value>(key)));
  }

  /** @param ttlMs milliseconds to live; none or 0: for ever */
  async set(key: string, value: unknown, ttlMs?: number): Promise<true> {
    const expiresAtMs = ttlMs ? this.#clock.now() + ttlMs : null;
    const body = JSON.stringify({ key, value, expiresAtMs } satisfies Entry);
    try {
      await createPrivateFolder(this.#folder);
      await writeFileAtomically(join(this.#folder, fileNameOf(key)), `${digestOf(body)}\n${body}`);
    } catch (error) {
      throw diskUnavailable('writing an entry', error);
    }
    return true;
  }

  async setMany(entries: KeyvEntry[]): Promise<void> {
    await Promise.all(entries.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  async delete(key: string): Promise<boolean> {
    return await this.#remove(fileNameOf(key));
  }

  /** @returns whether at least one of them was there */
  async deleteMany(keys: string[]): Promise<boolean> {
    const removed = await Promise.all(keys.map((key) => this.delete(key)));
    return removed.includes(true);
  }

  async has(key: string): Promise<boolean> {
    const entry = await this.#read(fileNameOf(key));
    return entry !== undefined && this.#isLive(entry);
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return await Promise.all(keys.map((key) => this.has(key)));
  }

  /** Removes the namespace's entries, all of them when none is set. Reads every entry of the folder. */
  async clear(): Promise<void> {
    for await (const entry of this.#entries('skip')) {
      if (isIn(this.namespace, entry)) await this.delete(entry.key);
    }
  }

  /** Key and value of each entry that has not expired, in no order. */
  async *iterator<Value>(namespace?: string): AsyncGenerator<[string, Awaited<Value> | undefined], void> {
    for await (const entry of this.#entries('throw')) {
      if (isIn(namespace, entry) && this.#isLive(entry)) yield [entry.key, entry.value as Awaited<Value>];
    }
  }

  /** Nothing is held open. */
  async disconnect(): Promise<void> {}

  /**
   * Removes expired entries and what interrupted writes left behind. Reads every entry of the folder.
   *
   * @returns how many files it removed
   */
  async removeExpired(): Promise<number> {
    let removed = 0;
    for await (const entry of this.#entries('skip')) {
      if (!this.#isLive(entry) && (await this.delete(entry.key))) removed += 1;
    }
    try {
      return removed + (await removeTemporaryFiles(this.#folder, this.#clock.now() - ABANDONED_AFTER_MS));
    } catch (error) {
      throw diskUnavailable('removing temporary files', error);
    }
  }

  #isLive({ expiresAtMs }: Entry): boolean {
    return expiresAtMs === null || expiresAtMs >= this.#clock.now();
  }

  /** Every entry there is, expired ones included. A damaged one is set aside; whether it is also an error: */
  async *#entries(damaged: 'throw' | 'skip'): AsyncGenerator<Entry, void> {
    let names: readonly string[];
    try {
      names = await listFolder(this.#folder);
    } catch (error) {
      throw diskUnavailable('listing entries', error);
    }
    for (const name of names) {
      if (!name.endsWith(ENTRY_SUFFIX)) continue;
      try {
        const entry = await this.#read(name);
        if (entry !== undefined) yield entry;
      } catch (error) {
        if (damaged === 'throw' || !isCorrupt(error)) throw error;
      }
    }
  }

  /** The entry in a file; `undefined` only when there is no such file. */
  async #read(fileName: string): Promise<Entry | undefined> {
    const path = join(this.#folder, fileName);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw diskUnavailable('reading an entry', error);
    }
    const body = text.slice(DIGEST_LENGTH + 1);
    if (text.slice(0, DIGEST_LENGTH + 1) === `${digestOf(body)}\n`) {
      const entry = JSON.parse(body) as Entry;
      if (fileNameOf(entry.key) === fileName) return entry;
    }
    await rename(path, `${path}.damaged`).catch(() => undefined);
    throw storeCorrupt(`The stored entry ${fileName}`, 'its digest differs');
  }

  async #remove(fileName: string): Promise<boolean> {
    try {
      await unlink(join(this.#folder, fileName));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw diskUnavailable('removing an entry', error);
    }
  }
}

function fileNameOf(key: string): string {
  return `${digestOf(key)}${ENTRY_SUFFIX}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isIn(namespace: string | undefined, { key }: Entry): boolean {
  return namespace === undefined || key.startsWith(`${namespace}:`);
}
