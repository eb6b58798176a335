/** A walk over every installation, page after page on one connection, and the memory of the gateway meanwhile. */

import type { Gateway } from '../gateway/gateway.ts';
import { median } from '../support/statistics.ts';
import type { WalkReport } from './call-task.ts';
import type { Callers } from './callers.ts';

export interface WalkFigures extends WalkReport {
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Medians of the first and of the last tenth of the time. */
  readonly residentBytesFirst: number;
  readonly residentBytesLast: number;
}

const SAMPLE_MS = 100;
const DECILES = 10;

/** @param rows of the walk */
export async function measureWalk(
  callers: Callers,
  gateway: Gateway,
  url: string,
  rows: number,
): Promise<WalkFigures> {
  const memory = [gateway.residentBytes()];
  const sampling = setInterval(() => memory.push(gateway.residentBytes()), SAMPLE_MS);
  try {
    const report = await callers.walk({ url, rows });
    memory.push(gateway.residentBytes());
    const tenth = Math.ceil(memory.length / DECILES);
    return {
      ...report,
      rows,
      rowsPerSecond: (rows / report.durationMs) * 1_000,
      residentBytesFirst: median(memory.slice(0, tenth)),
      residentBytesLast: median(memory.slice(-tenth)),
    };
  } finally {
    clearInterval(sampling);
  }
}
