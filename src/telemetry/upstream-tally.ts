/** Counts what one refresh asks of Entra ID, Defender and the blob store, for its summary in the log. */

export interface UpstreamTally {
  /** Counts from zero. */
  begin(): void;
  /** A request left for this endpoint: `TOKEN`, `EXPORT`, `PAGED`, `FILE`. */
  countCall(endpoint: string): void;
  /** An attempt failed with this code and is made again. */
  countRetry(code: string): void;
  /** Requests by endpoint and retries by code since the beginning; what there was none of is absent. */
  read(): { readonly calls: Counts; readonly retries: Counts };
}

type Counts = Readonly<Record<string, number>>;

export function createUpstreamTally(): UpstreamTally {
  let calls = new Map<string, number>();
  let retries = new Map<string, number>();
  return {
    begin: () => {
      calls = new Map();
      retries = new Map();
    },
    countCall: (endpoint) => void calls.set(endpoint, (calls.get(endpoint) ?? 0) + 1),
    countRetry: (code) => void retries.set(code, (retries.get(code) ?? 0) + 1),
    read: () => ({ calls: Object.fromEntries(calls), retries: Object.fromEntries(retries) }),
  };
}
