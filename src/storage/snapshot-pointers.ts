/**
 * Which stored snapshots count: for each tenant and API a pointer to the current and the previous one, and,
 * where gateways share a store, a note of the chunks that a save under way will need. A pointer says in which
 * version its snapshots are stored; one of another version counts for nothing.
 */

import { randomUUID } from 'node:crypto';
import type { Keyv } from 'keyv';
import type { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { HOUR_MS } from '../core/units.ts';
import { isDigest } from './chunk-store.ts';
import type { Store } from './store.ts';
import { isCorrupt, storeCorrupt } from './store-errors.ts';

/** Digests of snapshot documents. */
export interface SnapshotPointer {
  readonly current: string;
  readonly previous: string | null;
  /** Where `current` was refused before an operator let it be published: the document under which it was kept aside. */
  readonly approved?: string;
}

export interface SnapshotPointers {
  /** The pointer of this tenant and API; `undefined` when there is none, or, logged, one of no use. */
  read(): Promise<SnapshotPointer | undefined>;
  /** Replaces the pointer, atomically. */
  write(pointer: SnapshotPointer): Promise<void>;
  /** Whether the store holds snapshots of another tenant or API. */
  hasOthers(): Promise<boolean>;
  /** Documents that any tenant's pointer names, in the version that is read here. */
  listDocuments(): Promise<ReadonlySet<string>>;
  /** Notes that a save needs these chunks until it is disposed of, or an hour has passed. */
  noteSave(digests: readonly string[]): Promise<AsyncDisposable>;
  /** Chunks that saves under way have noted. */
  listNotedChunks(): Promise<ReadonlySet<string>>;
}

/** A pointer as it is stored. The first version had no number; its chunks were stored as they are. */
interface StoredPointer extends SnapshotPointer {
  readonly version?: number;
}

/** Raised when documents or chunks are stored in another way, so that those of before are not looked for. */
export const STORED_VERSION = 2;

const POINTERS = 'snapshots';
const SAVES = 'snapshot-saves';

/** @param options.tenantId with `apiUrl` the key of the pointer */
export function createSnapshotPointers(options: {
  readonly store: Store;
  readonly tenantId: string;
  readonly apiUrl: string;
  readonly log: Logger;
  readonly onDamage: (error: GatewayError) => void;
}): SnapshotPointers {
  const { store, tenantId, apiUrl, log, onDamage } = options;
  const pointers = store.keyValue(POINTERS);
  const saves = store.keyValue(SAVES);
  const key = JSON.stringify([tenantId, apiUrl]);
  return {
    read: async () => {
      try {
        const pointer = await pointers.get<unknown>(key);
        if (pointer === undefined || isSound(pointer)) return pointer;
        const version = findVersion(pointer);
        if (version === undefined || version === STORED_VERSION)
          throw storeCorrupt('The pointer to the stored snapshot', 'it names none');
        log.info(
          { version, expected: STORED_VERSION },
          'the stored snapshots are of another version of the store: not restored',
        );
        return undefined;
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        log.error(
          { code: error.code, err: error },
          'the pointer to the stored snapshot is damaged: set aside',
        );
        onDamage(error);
        return undefined;
      }
    },
    write: async (pointer) => {
      await pointers.set(key, { version: STORED_VERSION, ...pointer } satisfies StoredPointer);
    },
    hasOthers: async () => {
      for await (const [otherKey] of entriesOf(pointers)) if (otherKey !== key) return true;
      return false;
    },
    listDocuments: async () => {
      const documents = new Set<string>();
      for await (const [, pointer] of entriesOf<unknown>(pointers)) {
        if (!isSound(pointer)) continue;
        documents.add(pointer.current);
        if (pointer.previous !== null) documents.add(pointer.previous);
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

/** Whether it is a pointer as it is written here: nobody but Redis vouches for what comes from there. */
function isSound(value: unknown): value is StoredPointer {
  if (findVersion(value) !== STORED_VERSION) return false;
  const { current, previous, approved } = value as Record<string, unknown>;
  return (
    isDigestText(current) &&
    (previous === null || isDigestText(previous)) &&
    (approved === undefined || isDigestText(approved))
  );
}

/** Whether it can name a document. */
export function isDigestText(value: unknown): value is string {
  return typeof value === 'string' && isDigest(value);
}

/** The version that something stored says to be of; `undefined` when it is no pointer of any. */
function findVersion(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('current' in value)) return undefined;
  const { version = 1 } = value as { version?: unknown };
  return typeof version === 'number' ? version : undefined;
}

/** Every entry of a namespace, whosever it is. */
export async function* entriesOf<Value>(keyv: Keyv): AsyncGenerator<[string, Value], void> {
  if (keyv.iterator !== undefined)
    yield* keyv.iterator(keyv.namespace) as AsyncGenerator<[string, Value], void>;
}
