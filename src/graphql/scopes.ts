/**
 * The inventory as each caller sees it who is limited to some RBAC groups. What one scope needs is worked out once, by
 * whichever of its requests comes first, and kept beside the snapshot that it is a part of; it dies with that. Nothing is
 * shared between scopes, nor with callers who are not limited.
 *
 * One serves a thread. Bounded in bytes: what was not asked for the longest goes first, and is made again when it is.
 */

import { openScope } from '../snapshot/scope.ts';
import { SetCache } from '../snapshot/set-cache.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Work } from '../snapshot/work.ts';
import type { FindEnd, MaybePromise, SliceRunner } from './slices.ts';

export interface Scopes {
  /**
   * The part of a snapshot that belongs to some groups: at once when it is kept or small, else later.
   *
   * @param snapshot the whole inventory
   * @param findEnd whether this request is over; others that wait for the same go on
   * @throws what `findEnd` found
   */
  open(snapshot: Snapshot, rbacGroupIds: readonly string[], findEnd?: FindEnd): MaybePromise<Snapshot>;
  /**
   * Bytes of all that is kept, with what queries have worked out over it: the scopes of the served snapshot, and of older ones until
   * nothing reads these and the collector came by. Costs a step a scope.
   */
  sizeBytes(): number;
}

export interface ScopesOptions {
  readonly slices: SliceRunner;
  /**
   * What all scopes of one snapshot may take, with what queries have worked out over them: looked at whenever one is made, and
   * with every hundredth that is asked for. Default 256 MiB. The one that was asked for last stays.
   */
  readonly limitBytes?: number;
}

const DEFAULT_LIMIT_BYTES = 256 * 1_048_576;
/** What queries keep grows between two looks, each of which takes a step a scope. */
const OPENED_PER_LOOK = 100;

export function createScopes({ slices, limitBytes = DEFAULT_LIMIT_BYTES }: ScopesOptions): Scopes {
  const scopesOf = new WeakMap<Snapshot, OpenScopes>();
  /** One for each snapshot whose scopes are in memory; those that are gone leave it when it is read. */
  const inMemory = new Set<WeakRef<OpenScopes>>();
  return {
    open: (snapshot, rbacGroupIds, findEnd) => {
      let scopes = scopesOf.get(snapshot);
      if (scopes === undefined) {
        scopes = new OpenScopes(limitBytes);
        scopesOf.set(snapshot, scopes);
        inMemory.add(new WeakRef(scopes));
      }
      const ids = [...new Set(rbacGroupIds)].sort();
      return slices.run(scopes.open(snapshot, ids), findEnd);
    },
    sizeBytes: () => {
      let bytes = 0;
      for (const reference of inMemory) {
        const scopes = reference.deref();
        if (scopes === undefined) inMemory.delete(reference);
        else bytes += scopes.heldBytes();
      }
      return bytes;
    },
  };
}

/** The scopes of one snapshot, which they do not hold. */
class OpenScopes {
  readonly #limitBytes: number;
  /** By groups, the one that was asked for last at the end. */
  readonly #kept = new Map<string, Snapshot>();
  /** Joins those who wait for the same; has room for nothing that is done. */
  readonly #underWay = new SetCache(0);
  #openedToLook = OPENED_PER_LOOK;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @param rbacGroupIds distinct and sorted */
  *open(snapshot: Snapshot, rbacGroupIds: readonly string[]): Work<Snapshot> {
    const key = JSON.stringify(rbacGroupIds);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      this.#openedToLook -= 1;
      if (this.#openedToLook === 0) this.#evict(kept);
      return kept;
    }
    return yield* this.#underWay.share(
      key,
      () => this.#make(key, openScope(snapshot, rbacGroupIds)),
      heldBytesOf,
    );
  }

  heldBytes(): number {
    return this.#kept.values().reduce((bytes, scope) => bytes + heldBytesOf(scope), 0);
  }

  *#make(key: string, work: Work<Snapshot>): Work<Snapshot> {
    const scope = yield* work;
    this.#kept.set(key, scope);
    this.#evict(scope);
    return scope;
  }

  /** @param newest stays, whatever it takes */
  #evict(newest: Snapshot): void {
    this.#openedToLook = OPENED_PER_LOOK;
    let bytes = this.heldBytes();
    for (const [oldest, old] of this.#kept) {
      if (bytes <= this.#limitBytes || old === newest) break;
      this.#kept.delete(oldest);
      bytes -= heldBytesOf(old);
    }
  }
}

/** What a scope takes beside the snapshot, and what its queries keep. */
function heldBytesOf({ visible, queries }: Snapshot): number {
  return (visible?.byteLength ?? 0) + queries.cache.bytes;
}
