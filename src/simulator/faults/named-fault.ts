/** A fault that has a name: what it is about, which family it belongs to, and how a tenant is made to have it. */

import type { Fault, FaultRule, SimulatedEndpoint } from '../tenant/faults.ts';
import type { TenantHabits } from '../tenant/habits.ts';

/** Families of faults, by number. What comes before them are oddities of the data (`inventory/quirks.ts`). */
export const FAULT_FAMILIES = {
  14: 'pages: their sizes, and the link to the next one',
  15: 'pages: sizes that are not allowed',
  16: 'pages: a new export in the middle of a walk',
  17: 'throttling',
  18: 'bodies that are slow, cut off or something else',
  19: 'refused tokens, licences and accounts',
  20: 'refused access',
  21: 'errors of the service',
  22: 'sign-in',
  23: 'a view that is narrowed to some groups',
  24: 'files that are still being copied',
  25: 'addresses of files that expire',
  26: 'downloads that break off, and damaged archives',
  27: 'ranges, entity tags and checksums',
  28: 'forms of files',
  29: 'forms of listings',
  30: 'the time at which an export was made',
  31: 'refusals of the blob store',
  32: 'pages and files that disagree',
} as const;

export type FaultFamily = keyof typeof FAULT_FAMILIES;

/** The part of a simulated tenant that a fault is done to. */
export interface FaultTarget {
  /** Base of its addresses. */
  readonly url: string;
  /** Simulated now, epoch milliseconds. */
  now(): number;
  advance(durationMs: number): void;
  fail(rule: FaultRule): void;
  change(change: {
    readonly licensed?: boolean;
    readonly roles?: readonly string[];
    readonly userGroups?: readonly number[];
    readonly habits?: Partial<TenantHabits>;
  }): void;
}

export interface NamedFault {
  readonly family: FaultFamily;
  /** What goes wrong, as a phrase: "a connection that is reset in the middle of a file". */
  readonly about: string;
  /**
   * Makes a tenant have it.
   *
   * @param times calls that it hits; a state that lasts, such as a missing licence, is not counted
   */
  arrange(target: FaultTarget, times: number): void;
}

/** A fault of the next calls to an endpoint; of `paged`, of those after the first page with `after: 1`. */
export function onCalls(
  family: FaultFamily,
  about: string,
  endpoint: SimulatedEndpoint,
  fault: Fault | ((target: FaultTarget) => Fault),
  rule: Pick<FaultRule, 'after' | 'when'> = {},
): NamedFault {
  return {
    family,
    about,
    arrange: (target, times) =>
      target.fail({ ...rule, endpoint, times, fault: typeof fault === 'function' ? fault(target) : fault }),
  };
}

/** A fault of one export file, the first that is asked for from now on. @see onFile */
export function onOneFile(
  family: FaultFamily,
  about: string,
  ...faults: readonly (Fault | ((target: FaultTarget) => Fault))[]
): NamedFault {
  return onFile(1, family, about, ...faults);
}

/**
 * A fault of one export file, the nth that is asked for from now on, in whichever container it is.
 *
 * @param faults one after the other; the last one hits `times` calls, the others one each
 */
export function onFile(
  nth: number,
  family: FaultFamily,
  about: string,
  ...faults: readonly (Fault | ((target: FaultTarget) => Fault))[]
): NamedFault {
  return {
    family,
    about,
    arrange: (target, times) => {
      const seen = new Set<string>();
      const isVictim = ({ pathname }: URL): boolean => {
        const name = pathname.split('/').slice(2).join('/');
        if (seen.size < nth) seen.add(name);
        return seen.size === nth && name === [...seen].at(-1);
      };
      for (const [index, fault] of faults.entries()) {
        target.fail({
          endpoint: 'blob',
          times: index === faults.length - 1 ? times : 1,
          when: ({ url }) => isVictim(url),
          fault: typeof fault === 'function' ? fault(target) : fault,
        });
      }
    },
  };
}

/** A state of the tenant, which lasts. */
export function asState(
  family: FaultFamily,
  about: string,
  change: Parameters<FaultTarget['change']>[0],
): NamedFault {
  return { family, about, arrange: (target) => target.change(change) };
}
