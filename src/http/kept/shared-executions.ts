/**
 * Executions under way that others may wait for, by what they execute. Who waits is told how it ended, once, unless it leaves before;
 * it knows nothing of deadlines.
 */

/**
 * How an execution has ended for those who wait for it: with the answer, which is theirs as well; `again`: with nothing, for a
 * reason that was the first one's own, so that one of them executes it for all others; `alone`: with what is nobody else's.
 */
export type ExecutionEnd<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'again' | 'alone' };

export interface SharedExecution<Answer> {
  /** Whether somebody waits. */
  readonly isAwaited: boolean;
  /** @returns what leaves again */
  wait(onEnd: (end: ExecutionEnd<Answer>) => void): () => void;
  /** Tells all who wait, in their order; nobody finds it any more. Further calls do nothing. */
  end(end: ExecutionEnd<Answer>): void;
}

export interface SharedExecutions<Answer> {
  find(key: string): SharedExecution<Answer> | undefined;
  /** Begins one that is found under the key, in the place of any other. */
  begin(key: string): SharedExecution<Answer>;
}

export function createSharedExecutions<Answer>(): SharedExecutions<Answer> {
  const underWay = new Map<string, SharedExecution<Answer>>();
  return {
    find: (key) => underWay.get(key),
    begin: (key) => {
      const waiting = new Set<(end: ExecutionEnd<Answer>) => void>();
      const execution: SharedExecution<Answer> = {
        get isAwaited() {
          return waiting.size > 0;
        },
        wait: (onEnd) => {
          waiting.add(onEnd);
          return () => waiting.delete(onEnd);
        },
        end: (end) => {
          if (underWay.get(key) === execution) underWay.delete(key);
          const told = [...waiting];
          waiting.clear();
          for (const onEnd of told) onEnd(end);
        },
      };
      underWay.set(key, execution);
      return execution;
    },
  };
}
