/** Threads that work in the background give way to those that serve. */

import { constants, platform, setPriority } from 'node:os';

/**
 * Lowers the priority of the calling thread alone (nice 10: a tenth of the share of a serving thread where both want the same
 * core, so that a gateway under full load still refreshes). On Linux only: there a priority is a thread's own (sched(7));
 * elsewhere it would be the whole process's, which stays as it is. Threads that this one starts inherit it.
 */
export function yieldToServing(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it, or the process may be nice already: a refresh goes on all the same.
  }
}
