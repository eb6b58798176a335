/**
 * What queries have worked out over one snapshot, by key, so that page two and the count beside the nodes do not
 * do it again. Bounded in bytes; what was asked for once goes before what was asked for again, so that a flood of
 * questions that nobody repeats (each with an instant of its own) pushes out nothing but itself.
 *
 *   new ──► tried ──asked for again──► proven ──least recently used, above 3/4 of the bytes──► tried ──► out
 *
 * Work that two queries need at the same time is done once: both drive the same, whoever gets its turn. It never
 * waits, and holds nothing of the request that began it.
 */

import type { Work } from './work.ts';

/** Bytes charged for an entry beside its content and its key. */
const ENTRY_BYTES = 256;

interface Entry {
  readonly value: unknown;
  readonly bytes: number;
}

/** Work under way, and how many drive it. */
interface SharedWork {
  readonly work: Work<unknown>;
  drivers: number;
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;
}

export class SetCache {
  readonly #limitBytes: number;
  readonly #tried = new Map<string, Entry>();
  readonly #proven = new Map<string, Entry>();
  readonly #underWay = new Map<string, SharedWork>();
  #triedBytes = 0;
  #provenBytes = 0;

  /** @param limitBytes what all entries may take together; an entry of more than a quarter of it is not kept */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that the entries take. */
  get bytes(): number {
    return this.#triedBytes + this.#provenBytes;
  }

  /** Whether a value of so many bytes would be kept, under a key of usual length. */
  canKeep(bytes: number): boolean {
    return bytes + 2 * ENTRY_BYTES <= this.#limitBytes / 4;
  }

  /** Whether {@link share} would answer at once. */
  has(key: string): boolean {
    return this.#proven.has(key) || this.#tried.has(key);
  }

  /** What is kept under a key, which counts as a use; each key belongs to one type of value. */
  find<Value>(key: string): Value | undefined {
    const proven = this.#proven.get(key);
    if (proven !== undefined) {
      this.#proven.delete(key);
      this.#proven.set(key, proven);
      return proven.value as Value;
    }
    const tried = this.#tried.get(key);
    if (tried === undefined) return undefined;
    this.#tried.delete(key);
    this.#triedBytes -= tried.bytes;
    this.#proven.set(key, tried);
    this.#provenBytes += tried.bytes;
    this.#evict();
    return tried.value as Value;
  }

  /**
   * What is kept under a key, else the result of the work that is under way for it, else of new work; kept from then
   * on if it fits.
   *
   * @param start makes the work; not called when there is some already
   * @param sizeOf bytes of a result
   */
  *share<Value>(key: string, start: () => Work<Value>, sizeOf: (value: Value) => number): Work<Value> {
    const kept = this.find<Value>(key);
    if (kept !== undefined) return kept;
    const shared = this.#underWay.get(key) ?? this.#begin(key, start);
    shared.drivers += 1;
    try {
      while (shared.outcome === undefined) {
        if (this.#drive(key, shared, sizeOf as (value: unknown) => number)) yield;
      }
      if ('error' in shared.outcome) throw shared.outcome.error;
      return shared.outcome.value as Value;
    } finally {
      shared.drivers -= 1;
      if (shared.drivers === 0 && shared.outcome === undefined) {
        this.#underWay.delete(key);
        shared.work.return(undefined);
      }
    }
  }

  #begin(key: string, start: () => Work<unknown>): SharedWork {
    const shared: SharedWork = { work: start(), drivers: 0, outcome: undefined };
    this.#underWay.set(key, shared);
    return shared;
  }

  /** Does a piece of the work. @returns whether there is more */
  #drive(key: string, shared: SharedWork, sizeOf: (value: unknown) => number): boolean {
    try {
      const step = shared.work.next();
      if (step.done !== true) return true;
      shared.outcome = { value: step.value };
      this.#keep(key, { value: step.value, bytes: sizeOf(step.value) + key.length * 2 + ENTRY_BYTES });
    } catch (error) {
      shared.outcome = { error };
    }
    this.#underWay.delete(key);
    return false;
  }

  #keep(key: string, entry: Entry): void {
    if (entry.bytes > this.#limitBytes / 4) return;
    this.#tried.set(key, entry);
    this.#triedBytes += entry.bytes;
    this.#evict();
  }

  #evict(): void {
    for (const [key, entry] of this.#proven) {
      if (this.#provenBytes <= (this.#limitBytes * 3) / 4) break;
      this.#proven.delete(key);
      this.#provenBytes -= entry.bytes;
      this.#tried.set(key, entry);
      this.#triedBytes += entry.bytes;
    }
    for (const [key, entry] of this.#tried) {
      if (this.bytes <= this.#limitBytes) break;
      this.#tried.delete(key);
      this.#triedBytes -= entry.bytes;
    }
  }
}
