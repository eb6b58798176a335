/** What the contenders of the ingest benchmark are given, and what they answer: the same from each. */

export interface IngestTask {
  readonly paths: readonly string[];
  /** Threads that may be used. */
  readonly threads: number;
}

/** Figures that only a complete and right reading of all files gives. */
export interface IngestSummary {
  readonly installations: number;
  readonly certificates: number;
  readonly devices: number;
  /** Over the certificates of all installations. */
  readonly sumOfKeySizes: number;
  /** Over the distinct certificates, epoch seconds. */
  readonly sumOfNotAfter: number;
}

export interface IngestResult {
  /** From the call to everything being there to be asked. */
  readonly durationMs: number;
  /** What the contenders are compared by: all of it, but of DuckDB `read_json` alone. */
  readonly compared: { readonly durationMs: number; readonly cpuMs: number };
  /** Parts of `durationMs` by name. */
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly summary: IngestSummary;
}

export interface GunzipResult {
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly textBytes: number;
}

/** A clock of time and of the processor time of all threads of this process, milliseconds. */
export function startStopwatch(): () => { readonly durationMs: number; readonly cpuMs: number } {
  const start = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { durationMs: performance.now() - start, cpuMs: (user + system) / 1_000 };
  };
}
