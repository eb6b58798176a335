/** Callers of a gateway, in a process of their own so that measuring them costs the benchmark nothing. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadReport, LoadTask } from './load-process.ts';

export interface Load extends AsyncDisposable {
  /** What happened since the start or the last report, once there is enough of it. @throws Error when any request failed */
  report(): Promise<LoadReport>;
  /** The same where requests may fail: the report says how many. */
  observe(): Promise<LoadReport>;
}

/** A light load: about a tenth of what one thread can answer. */
export const LIGHT_RATE_PER_SECOND = 50;

/** Starts to ask at once. */
export function startLoad(task: LoadTask): Load {
  const child = fork(new URL('./load-process.ts', import.meta.url));
  child.send(task);
  const observe = async (): Promise<LoadReport> => {
    const answered = once(child, 'message') as Promise<[LoadReport]>;
    child.send('report');
    return (await answered)[0];
  };
  return {
    observe,
    report: async () => {
      const report = await observe();
      if (report.failed > 0)
        throw new Error(
          `${report.failed} of ${report.answered + report.failed} requests failed: ${report.firstFailure}`,
        );
      return report;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
