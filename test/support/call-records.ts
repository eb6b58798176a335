/** Records of calls in memory, which a test can empty and break: they outlive the budgets that use them. */

import type { Clock } from '../../src/core/clock.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import { createRecordedBudget, type RecordedBudget } from '../../src/defender/call-budget.ts';
import {
  type ApiEndpoint,
  type CallLedger,
  type CallLimits,
  createCallLedger,
  type RecordedCalls,
} from '../../src/defender/call-ledger.ts';
import type { CallRecords } from '../../src/defender/call-records.ts';

export interface MemoryRecords extends CallRecords {
  /** Instants by `now`, ascending. */
  readonly calls: Record<ApiEndpoint, number[]>;
  /** While `true`, every use fails; a call is then not recorded. */
  isBroken: boolean;
  /** While `true`, a call is recorded, and the answer is lost. */
  losesAnswers: boolean;
  /** Forgets everything. */
  flush(): void;
}

/** @param now of the records themselves; it never goes back */
export function createMemoryRecords(now: () => number): MemoryRecords {
  const throttledUntilMs = { EXPORT: 0, PAGED: 0 };
  const records: MemoryRecords = {
    calls: { EXPORT: [], PAGED: [] },
    isBroken: false,
    losesAnswers: false,
    flush() {
      records.calls.EXPORT = [];
      records.calls.PAGED = [];
      throttledUntilMs.EXPORT = 0;
      throttledUntilMs.PAGED = 0;
    },
    async record(endpoint, known, { perMinute, perHour }) {
      const { throttledForMs } = exchange(endpoint, known);
      const calls = records.calls[endpoint];
      const granted =
        throttledForMs === 0 &&
        calls.length < perHour &&
        calls.filter((atMs) => atMs > now() - MINUTE_MS).length < perMinute;
      if (granted) calls.push(now());
      if (records.losesAnswers) throw unavailable();
      return { ...answer(endpoint), granted };
    },
    merge: async (endpoint, known) => exchange(endpoint, known),
  };
  return records;

  function exchange(endpoint: ApiEndpoint, known: RecordedCalls): RecordedCalls {
    if (records.isBroken) throw unavailable();
    const calls = records.calls[endpoint].filter((atMs) => atMs > now() - HOUR_MS);
    const knownAtMs = known.agesMs.map((ageMs) => now() - ageMs);
    const [longer, shorter] = calls.length > knownAtMs.length ? [calls, knownAtMs] : [knownAtMs, calls];
    records.calls[endpoint] = longer.map((atMs, index) =>
      Math.max(atMs, shorter[index + shorter.length - longer.length] ?? 0),
    );
    throttledUntilMs[endpoint] = Math.max(throttledUntilMs[endpoint], now() + known.throttledForMs);
    return answer(endpoint);
  }

  function answer(endpoint: ApiEndpoint): RecordedCalls {
    return {
      agesMs: records.calls[endpoint].map((atMs) => now() - atMs),
      throttledForMs: Math.max(0, throttledUntilMs[endpoint] - now()),
    };
  }
}

/** The budget of a process that starts now, over records of its own unless given. */
export function createTestBudget(
  clock: Clock,
  options: {
    /** What it counts in; default: one of its own. */
    readonly ledger?: CallLedger;
    readonly records?: CallRecords;
    readonly limits?: Readonly<Record<ApiEndpoint, CallLimits>>;
  } = {},
): RecordedBudget {
  const { records = createMemoryRecords(clock.now) } = options;
  return createRecordedBudget({
    ...options,
    records,
    ledger: options.ledger ?? createCallLedger({ ...options, clock }),
    clock,
    log: silentLogger,
    onStoreFailure: () => {},
  });
}

function unavailable(): GatewayError {
  return new GatewayError('STORE_UNAVAILABLE', 'The store is away.', { retryable: true });
}
