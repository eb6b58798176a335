/** The instant at which all benchmarks take place: dates in the data are relative to it, questions ask at it. */

/** 2026-11-23T00:00:00Z, epoch seconds. */
export const START_DAY_SECONDS = 1_795_392_000;

/** Noon of that day, epoch seconds: what is valid, is valid then. */
export const AT_SECONDS = START_DAY_SECONDS + 43_200;
