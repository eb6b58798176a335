/** Why somebody was not let in: told to the log and to a metric in full, and to the caller in one sentence for all. */

import { GatewayError, type GatewayErrorOptions } from './errors.ts';

/** Every way in which identifying a caller ends without one: few enough to be a label. */
export const REFUSAL_REASONS = [
  /** No access token was sent. */
  'TOKEN_MISSING',
  /** It is no signed JWT. */
  'TOKEN_MALFORMED',
  'TOKEN_TOO_LARGE',
  /** It is signed in a way that is not accepted, or not at all. */
  'ALGORITHM_REFUSED',
  'ISSUER_UNKNOWN',
  /** Its issuer publishes no such key. */
  'KEY_UNKNOWN',
  /** The key that its issuer publishes cannot be used; what is wrong with it is the cause. */
  'KEY_UNUSABLE',
  'SIGNATURE_INVALID',
  'AUDIENCE_WRONG',
  'TENANT_WRONG',
  'EXPIRED',
  'NOT_YET_VALID',
  /** A claim that must be there is not, or has another type. */
  'CLAIMS_INVALID',
  /** It tells its client who the user is, and gives leave to nothing: an ID token. */
  'NOT_AN_ACCESS_TOKEN',
  /** Its issuer's keys could not be read since the start. */
  'KEYS_UNAVAILABLE',
  /** The caller is known, and the policy grants it nothing. */
  'NO_GRANT',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Facts for the log. What the caller wrote is cut to a hundred characters. */
export interface RefusalFacts {
  readonly issuer?: string;
  readonly keyId?: string;
  /** `Caller.id`, where the token is genuine. */
  readonly callerId?: string;
}

/** `UNAUTHENTICATED`, `FORBIDDEN` or `IDENTITY_UNAVAILABLE`. The message says nothing of the reason. */
export class CallerRefusedError extends GatewayError {
  readonly reason: RefusalReason;
  readonly facts: RefusalFacts;

  constructor(
    code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'IDENTITY_UNAVAILABLE',
    message: string,
    { reason, facts = {}, ...options }: CallerRefusedOptions,
  ) {
    super(code, message, options);
    this.reason = reason;
    this.facts = facts;
  }
}

export interface CallerRefusedOptions extends Pick<GatewayErrorOptions, 'cause' | 'retryable' | 'retryAtMs'> {
  readonly reason: RefusalReason;
  readonly facts?: RefusalFacts;
}
