/**
 * Which stored snapshots count: for each tenant and API a pointer to the current and the previous one, and,
 * where gateways share a store, a note of the chunks that a save under way will need.
 */

import { randomUUID } from 'node:crypto';
import type { Keyv } from 'keyv';
import type { Logger } from '../core/logger.ts';
import { HOUR_MS } from '../core/units.ts';
import type { Store } from './store.ts';
import { isCorrupt } from './store-errors.ts';

/** Digests of snapshot documents. */
export interface SnapshotPointer {
  readonly current: string;
  readonly previous: string | null;
}

export interface SnapshotPointers {
  /** The pointer of this tenant and API; `undefined` when there is none, or, logged, a damaged one. */
  read(): Promise<SnapshotPointer | undefined>;
  /** Replaces the pointer, atomically. */
  write(pointer: SnapshotPointer): Promise<void>;
  /** Whether the store holds snapshots of another tenant or API. */
  hasOthers(): Promise<boolean>;
  /** Documents that any tenant's pointer names. */
  listDocuments(): Promise<ReadonlySet<string>>;
  /** Notes that a save needs these chunks until it is disposed of, or an hour has passed. */
  noteSave(digests: readonly string[]): Promise<AsyncDisposable>;
  /** Chunks that saves under way have noted. */
  listNotedChunks(): Promise<ReadonlySet<string>>;
}

const POINTERS = 'snapshots';
const SAVES = 'snapshot-saves';

/** @param options.tenantId with `apiUrl` the key of the pointer */
export function createSnapshotPointers(options: {
  readonly store: Store;
  readonly tenantId: string;
  readonly apiUrl: string;
  readonly log: Logger;
}): SnapshotPointers {
  const { store, tenantId, apiUrl, log } = options;
  const pointers = store.keyValue(POINTERS);
  const saves = store.keyValue(SAVES);
  const key = JSON.stringify([tenantId, apiUrl]);
  return {
    read: async () => {
      try {
        return await pointers.get<SnapshotPointer>(key);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        log.error({ err: error }, 'the pointer to the stored snapshot is damaged: set aside');
        return undefined;
      }
    },
    write: async (pointer) => {
      await pointers.set(key, pointer);
    },
    hasOthers: async () => {
      for await (const [otherKey] of entriesOf(pointers)) if (otherKey !== key) return true;
      return false;
    },
    listDocuments: async () => {
      const documents = new Set<string>();
      for await (const [, { current, previous }] of entriesOf<SnapshotPointer>(pointers)) {
        documents.add(current);
        if (previous !== null) documents.add(previous);
      }
      return documents;
    },
    noteSave: async (digests) => {
      const id = randomUUID();
      await saves.set(id, digests, HOUR_MS);
      return {
        [Symbol.asyncDispose]: async () => {
          // A note that cannot be removed only delays the pruning until it expires.
          await saves
            .delete(id)
            .catch((error: unknown) => log.debug({ err: error }, 'the note of a save is left to expire'));
        },
      };
    },
    listNotedChunks: async () => {
      const noted = new Set<string>();
      for await (const [, digests] of entriesOf<string[]>(saves))
        for (const digest of digests) noted.add(digest);
      return noted;
    },
  };
}

async function* entriesOf<Value>(keyv: Keyv): AsyncGenerator<[string, Value], void> {
  if (keyv.iterator !== undefined)
    yield* keyv.iterator(keyv.namespace) as AsyncGenerator<[string, Value], void>;
}
