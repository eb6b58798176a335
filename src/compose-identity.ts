/**
 * From the settings to whoever identifies callers, on each thread that serves, and from the policy file to the policy,
 * on the main thread alone. Where callers are not identified, nothing of it is loaded.
 */

import { readFile } from 'node:fs/promises';
import type { EntraAuth } from './config/auth.ts';
import type { Config } from './config/config.ts';
import { ConfigurationError } from './config/faults.ts';
import type { AccessPolicy } from './core/access-policy.ts';
import { ANONYMOUS_CALLER } from './core/caller.ts';
import type { Clock } from './core/clock.ts';
import { invariant } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import { redact } from './core/redaction.ts';
import type { IdentifyCaller } from './http/ports.ts';
import type { PolicyFault } from './identity/policy-file.ts';
import type { RefusedCaller } from './telemetry/caller-metrics.ts';
import { readVersion } from './version.ts';

/** Identifies the callers of one thread. */
export interface Identity extends AsyncDisposable {
  readonly identify: IdentifyCaller;
  /** Judges by this policy from now on. Only where callers are identified. */
  adoptPolicy(policy: AccessPolicy): void;
}

/** Nobody may do anything. */
const CLOSED_POLICY: AccessPolicy = { grants: [], issuers: [] };

/** A policy file in megabytes is none. */
const MAXIMUM_POLICY_BYTES = 1_000_000;

/**
 * Begins to read the issuers' keys, and waits for none.
 *
 * @param policy `null`: nobody may do anything until another is adopted
 */
export async function composeIdentity(options: {
  readonly config: Config;
  readonly policy: AccessPolicy | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onRefused: (refusal: RefusedCaller) => void;
}): Promise<Identity> {
  const { config, policy, clock, log, onRefused } = options;
  if (config.auth.mode === 'none') return createOpenIdentity();
  const [{ createAuthenticator }, { createKeySetReader }, { createUpstreamDispatcher, toUserAgent }] =
    await Promise.all([
      import('./identity/authenticator.ts'),
      import('./defender/key-set-reader.ts'),
      import('./defender/transport.ts'),
    ]);
  const { httpsProxy = '', noProxy } = config.proxy;
  const dispatcher = createUpstreamDispatcher({ proxy: { httpsProxy, noProxy: noProxy.join(',') } });
  const authenticator = createAuthenticator({
    ...config.auth,
    policy: policy ?? CLOSED_POLICY,
    readKeySet: createKeySetReader({ dispatcher, userAgent: toUserAgent(await readVersion()) }),
    clock,
    log,
    onRefused,
  });
  void authenticator.warm();
  return {
    identify: authenticator.identify,
    adoptPolicy: (next) => {
      authenticator.adopt(next);
      void authenticator.warm();
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

function createOpenIdentity(): Identity {
  return {
    identify: () => ANONYMOUS_CALLER,
    adoptPolicy: () => invariant(false, 'Where callers are not identified there must be no policy.'),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * The policy of the settings' file; `null` where callers are not identified.
 *
 * @throws ConfigurationError with every fault of the file
 */
export async function loadPolicy({ auth }: Pick<Config, 'auth'>): Promise<AccessPolicy | null> {
  if (auth.mode === 'none') return null;
  const { parsePolicy } = await import('./identity/policy-file.ts');
  const { policy, faults } = parsePolicy(await readPolicyFile(auth), auth.tenantIds);
  if (faults !== undefined) throw new ConfigurationError(faults.map(toConfigurationFault));
  return policy;
}

/**
 * A function that reads the policy file again and hands the policy on, one reading at a time. What is not a good policy is
 * refused with a line in the log, and the one before stays. It never rejects.
 *
 * @param judges who is to go by it
 */
export function composePolicyReload(
  config: Pick<Config, 'auth'>,
  judges: readonly { adoptPolicy(policy: AccessPolicy): void | Promise<void> }[],
  log: Logger,
): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(reload);
    return last;
  };

  async function reload(): Promise<void> {
    try {
      const policy = await loadPolicy(config);
      if (policy === null) return;
      await Promise.all(judges.map((judge) => judge.adoptPolicy(policy)));
      const counts = { grants: policy.grants.length, issuers: policy.issuers.length };
      log.info(
        { event: 'policy_loaded', ...counts },
        'access policy read again; callers are judged by it from now on',
      );
    } catch (error) {
      const { message } = error as Error;
      log.error(
        { event: 'policy_refused', cause: redact(message) },
        'access policy refused; callers are judged by the one before',
      );
    }
  }
}

async function readPolicyFile({ policyFile }: EntraAuth): Promise<string> {
  const refuse = (value: string) =>
    new ConfigurationError([
      { variable: 'AUTH_POLICY_FILE', expected: 'a policy file that can be read', value },
    ]);
  let bytes: Buffer;
  try {
    bytes = await readFile(policyFile);
  } catch (error) {
    throw refuse(`${JSON.stringify(policyFile)} (${(error as NodeJS.ErrnoException).code})`);
  }
  if (bytes.length > MAXIMUM_POLICY_BYTES)
    throw refuse(`${bytes.length} bytes in ${JSON.stringify(policyFile)}`);
  return bytes.toString('utf8');
}

function toConfigurationFault({ path, rule, value }: PolicyFault) {
  const subject = path === '' ? 'which as a whole' : `in which ${path}`;
  return { variable: 'AUTH_POLICY_FILE', expected: `a policy file ${subject} must ${rule}`, value };
}
