/**
 * How the service goes about what its documentation leaves open, and what is known to differ between tenants and over
 * time. Read at each call, so that a habit can change while the simulator runs.
 */

export interface TenantHabits {
  /** Longest life of a blob address, in milliseconds, whatever hours were asked for. */
  readonly sasLifetimeMs: number;
  /** From when on a blob address is valid, in milliseconds from now; above 0 the two clocks differ. */
  readonly sasStartsInMs: number;
  /** Hours of validity above which a listing is refused with 400. */
  readonly sasMaximumHours: number;
  /** Most records of a page. */
  readonly pageMaximum: number;
  /** What becomes of a request for more than `pageMaximum`. */
  readonly oversizedPages: 'refused' | 'clamped';
  /** Whether pages hold half of what was asked for, and the link to the next one all the same. */
  readonly shortPages: boolean;
  /** Whether before every page there is an empty one. */
  readonly emptyPages: boolean;
  /** Whether a skip token dies with the export that it walks; otherwise it outlives it. */
  readonly skipTokensExpire: boolean;
}

/** What a tenant does unless told otherwise. A start in the past is Azure's own advice, for clocks that are late. */
export const USUAL_HABITS: TenantHabits = Object.freeze({
  sasLifetimeMs: Number.POSITIVE_INFINITY,
  sasStartsInMs: -300_000,
  sasMaximumHours: 24,
  pageMaximum: 200_000,
  oversizedPages: 'refused',
  shortPages: false,
  emptyPages: false,
  skipTokensExpire: false,
});
