/**
 * A queue of many owners, served one owner after the other: between two items of one owner, each other that waits and may be
 * served is served once. Items of one owner keep their order. Knows nothing of time and of what an item is.
 */

export interface FairQueue<Owner, Item> {
  /** Of all owners. */
  readonly size: number;
  sizeOf(owner: Owner): number;
  /** To the end of the owner's items; an owner that had none is served after all others. */
  add(owner: Owner, item: Item): void;
  /** Takes out the next item of the owner whose turn it is; `undefined` when no owner that may be served has one. */
  take(mayBeServed: (owner: Owner) => boolean): Item | undefined;
  /** Takes out one item, wherever it stands; nothing when it has left already. */
  remove(owner: Owner, item: Item): void;
}

export function createFairQueue<Owner, Item>(): FairQueue<Owner, Item> {
  /** The owner whose turn is next comes first; none has an empty list. */
  const waiting = new Map<Owner, Item[]>();
  let size = 0;

  return {
    get size() {
      return size;
    },
    sizeOf: (owner) => waiting.get(owner)?.length ?? 0,
    add: (owner, item) => {
      const items = waiting.get(owner);
      if (items === undefined) waiting.set(owner, [item]);
      else items.push(item);
      size += 1;
    },
    take: (mayBeServed) => {
      for (const [owner, items] of waiting) {
        if (!mayBeServed(owner)) continue;
        const item = items.shift();
        waiting.delete(owner);
        if (items.length > 0) waiting.set(owner, items);
        size -= 1;
        return item;
      }
      return undefined;
    },
    remove: (owner, item) => {
      const items = waiting.get(owner);
      const place = items?.indexOf(item) ?? -1;
      if (items === undefined || place < 0) return;
      items.splice(place, 1);
      if (items.length === 0) waiting.delete(owner);
      size -= 1;
    },
  };
}
