/** Two ways to order asynchronous work: a few at a time, and one after the other. */

/**
 * Runs `work` on every item, at most `limit` at a time, started in order. The first failure is the
 * result; no further item is started after it, and those under way are awaited.
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const runLane = async (): Promise<void> => {
    for (let step = iterator.next(); !step.done && failures.length === 0; step = iterator.next()) {
      try {
        await work(step.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, runLane));
  if (failures.length > 0) throw failures[0];
}

/** A function that runs what it is given only when everything given before has settled. */
export function createLock(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
