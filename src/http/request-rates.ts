/**
 * What one request takes of its caller's rates, and what its answer says of them.
 *
 * The headers are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` for the limits that hold,
 * `RateLimit` for what is left. No window (`t`) is given with the latter, for a bucket fills evenly: there is no time in
 * which no more than the rest can be used. A kind without a limit is in neither.
 */

import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import { RATE_KINDS, type RateAmounts, type RateKind, type RateLimiter, rateLimited } from '../core/rates.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';

/** One request of one caller. Both functions throw `RATE_LIMITED`, and reject when nobody can count. */
export interface RequestRates {
  /** Takes one request. */
  takeRequest(): Promise<void>;
  /** Takes the cost of an operation, before it is executed. */
  takeCost(cost: number): Promise<void>;
  /** By name, as of the last taking; none before the first one, and none for callers without a rate. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The rates of a request of this caller. */
export type OpenRequestRates = (caller: Caller) => RequestRates;

export const RATE_POLICY_HEADER = 'ratelimit-policy';
export const RATE_HEADER = 'ratelimit';

const UNLIMITED: RequestRates = {
  takeRequest: async () => undefined,
  takeCost: async () => undefined,
  headers: {},
};

/** Callers may ask as often as they like. */
export const openUnlimitedRates: OpenRequestRates = () => UNLIMITED;

/**
 * Callers may ask as often as the limiter lets them. Who was not identified has no rate: everybody would share it.
 *
 * @param options.onRefused told of each refusal; must not throw
 */
export function createRequestRates(options: {
  readonly limiter: RateLimiter;
  readonly clock: Pick<Clock, 'now'>;
  readonly onRefused: (refusal: { readonly kind: RateKind }) => void;
}): OpenRequestRates {
  const { limiter, clock, onRefused } = options;
  const { limits } = limiter;
  const kinds = RATE_KINDS.filter((kind) => limits[kind] > 0);
  if (kinds.length === 0) return openUnlimitedRates;
  const policy = toList(kinds, (kind) => `q=${limits[kind]}${UNITS[kind]};w=${MINUTE_MS / SECOND_MS}`);

  return (caller) => {
    if (caller.kind === 'ANONYMOUS') return UNLIMITED;
    let left: RateAmounts | undefined;

    async function take(kind: RateKind, amount: number): Promise<void> {
      const taken = await limiter.take(caller.id, kind, amount);
      left = taken.left;
      if (taken.isGranted) return;
      onRefused({ kind });
      throw rateLimited(kind, amount, limits, taken, clock.now());
    }

    return {
      takeRequest: () => take('requests', 1),
      takeCost: (cost) => take('cost', cost),
      get headers() {
        return left === undefined ? {} : toHeaders(left);
      },
    };
  };

  function toHeaders(left: RateAmounts): Readonly<Record<string, string>> {
    return { [RATE_POLICY_HEADER]: policy, [RATE_HEADER]: toList(kinds, (kind) => `r=${left[kind]}`) };
  }
}

/** The draft counts requests unless a unit is named. */
const UNITS = { requests: '', cost: ';qu="cost"' } as const;

/** A list of structured fields (RFC 9651): a string each, with parameters. */
function toList(kinds: readonly RateKind[], toParameters: (kind: RateKind) => string): string {
  return kinds.map((kind) => `"${kind}";${toParameters(kind)}`).join(', ');
}
