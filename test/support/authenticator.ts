/** Whoever identifies callers, over an issuer on loopback: its clock and its log in the hands of a test. */

import { Agent } from 'undici';
import type { AccessPolicy } from '../../src/core/access-policy.ts';
import type { RefusalReason } from '../../src/core/caller-refused.ts';
import { CallerRefusedError } from '../../src/core/caller-refused.ts';
import { createKeySetReader } from '../../src/defender/key-set-reader.ts';
import { type Authenticator, createAuthenticator } from '../../src/identity/authenticator.ts';
import { parsePolicy } from '../../src/identity/policy-file.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';
import {
  API_AUDIENCE,
  ISSUER_TENANT_ID,
  OPEN_POLICY,
  startTokenIssuer,
  type TokenIssuer,
} from './token-issuer.ts';

export interface AuthenticatorFixture extends AsyncDisposable {
  readonly issuer: TokenIssuer;
  readonly authenticator: Authenticator;
  readonly clock: ManualClock;
  readonly log: RecordingLogger;
  /** Every refusal, in order. */
  readonly refusals: readonly RefusalReason[];
  /** Why a token is refused; `null` when it is not. */
  judge(token: string): Promise<RefusalReason | null>;
}

export interface AuthenticatorFixtureOptions {
  /** Default {@link OPEN_POLICY}. */
  readonly policy?: unknown;
  /** Default: the one of the issuer. */
  readonly tenantIds?: readonly string[];
  readonly audiences?: readonly string[];
}

export const START_MS = Date.UTC(2026, 10, 23, 6);

export async function createAuthenticatorFixture({
  policy = OPEN_POLICY,
  tenantIds,
  audiences = [API_AUDIENCE],
}: AuthenticatorFixtureOptions = {}): Promise<AuthenticatorFixture> {
  const clock = createManualClock(START_MS);
  const log = createRecordingLogger();
  const refusals: RefusalReason[] = [];
  const issuer = await startTokenIssuer({ now: clock.now });
  const dispatcher = new Agent();
  const authenticator = createAuthenticator({
    tenantIds: tenantIds ?? [issuer.tenantId],
    audiences,
    authorityHost: issuer.authorityHost,
    policy: toPolicy(policy, tenantIds),
    readKeySet: createKeySetReader({ dispatcher, userAgent: 'test/1' }),
    clock,
    log,
    onRefused: ({ reason }) => void refusals.push(reason),
  });
  return {
    issuer,
    authenticator,
    clock,
    log,
    refusals,
    async judge(token) {
      try {
        await authenticator.identify(`Bearer ${token}`);
        return null;
      } catch (error) {
        if (error instanceof CallerRefusedError) return error.reason;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

/** The policy of a good document, for a gateway that accepts these tenants; default: the one of the issuer. */
export function toPolicy(document: unknown, tenantIds: readonly string[] = [ISSUER_TENANT_ID]): AccessPolicy {
  const { policy, faults } = parsePolicy(JSON.stringify(document), tenantIds);
  if (policy === undefined) throw new Error(`The policy must be good, but: ${JSON.stringify(faults)}`);
  return policy;
}
