/**
 * Simulated time: the start that was asked for, plus real time since then, plus what was advanced.
 */

export interface SimulatedClock {
  /** Simulated now, epoch milliseconds. */
  now(): number;
  /** The machine's now, by which the clients of the simulator live; epoch milliseconds. */
  machineNow(): number;
  /** Simulated milliseconds since the start. */
  elapsedMs(): number;
  /** Moves simulated time forward. */
  advance(durationMs: number): void;
}

/** A clock that stands at `startAt` now. */
export function createSimulatedClock(startAt: number, machineNow: () => number): SimulatedClock {
  const startedAt = machineNow();
  let advancedMs = 0;
  const elapsedMs = (): number => Math.max(0, machineNow() - startedAt) + advancedMs;
  return {
    now: () => startAt + elapsedMs(),
    machineNow,
    elapsedMs,
    advance: (durationMs) => {
      if (!(durationMs >= 0)) {
        throw new RangeError(`advance takes a duration of 0 ms or more, but got: ${durationMs}.`);
      }
      advancedMs += durationMs;
    },
  };
}
