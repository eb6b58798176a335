/**
 * A map that forgets what was not asked for lately, so that it never grows past a bound. Two generations:
 * when the young one is full it becomes the old one, and what is found in the old one moves back. Every
 * operation is a map operation or two.
 */
export interface RecentCache<Value> {
  find(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** @param maximumSize entries of one generation; up to twice as many are held */
export function createRecentCache<Value>(maximumSize: number): RecentCache<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (young.size >= maximumSize && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  return {
    find: (key) => {
      const found = young.get(key);
      if (found !== undefined) return found;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
  };
}
