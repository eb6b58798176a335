/** What was noted last under some keys, so many and no more. */

export interface Recent<Value> {
  get(key: string): Value | undefined;
  /** Notes it as the latest. */
  set(key: string, value: Value): void;
}

export function createRecent<Value>(limit: number): Recent<Value> {
  const values = new Map<string, Value>();
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.delete(key);
      values.set(key, value);
      if (values.size > limit) values.delete(values.keys().next().value!);
    },
  };
}
