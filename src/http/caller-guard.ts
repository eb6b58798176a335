/**
 * Who sends a request, and whether it may: the same for the graph and for the documents beside it. A refusal is
 * logged with its reason, and answered with what HTTP has for it (RFC 9110 section 11.6.1, RFC 6750 section 3).
 */

import type { FastifyRequest } from 'fastify';
import { type Caller, type Right, readsPartOnly } from '../core/caller.ts';
import { CallerRefusedError } from '../core/caller-refused.ts';
import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import type { GraphQLFailure } from './graphql-failure.ts';
import type { IdentifyCaller } from './ports.ts';

export type Admission =
  | { readonly caller: Caller; readonly failure?: never }
  | { readonly caller?: never; readonly failure: GraphQLFailure };

export interface Demand {
  readonly right: Right;
  /** Whether what is asked for tells of the whole inventory, and so is not for callers who may read a part of it. */
  readonly isOfWhole?: boolean;
}

export interface CallerGuard {
  /**
   * Lets a request in, or says how to answer it. Rejects with what is no refusal.
   *
   * @param demand what the caller must be allowed; default: anything at all
   */
  admit(request: FastifyRequest, demand?: Demand): Promise<Admission>;
}

const REALM = 'Bearer realm="defender-certificate-gateway"';

/** Statuses of the refusals, and what an answer with one says of the authentication that is missing. */
const REFUSALS: ReadonlyMap<unknown, { readonly status: number; readonly challenge?: string }> = new Map([
  ['UNAUTHENTICATED', { status: 401, challenge: `${REALM}, error="invalid_token"` }],
  ['FORBIDDEN', { status: 403, challenge: `${REALM}, error="insufficient_scope"` }],
  ['IDENTITY_UNAVAILABLE', { status: 503 }],
]);

export function createCallerGuard(identify: IdentifyCaller, clock: Pick<Clock, 'now'>): CallerGuard {
  return {
    async admit(request, demand) {
      const authorization = readAuthorization(request);
      try {
        const caller = await identify(authorization);
        if (demand !== undefined) judge(caller, demand);
        return { caller };
      } catch (error) {
        const failure = findRefusal(error, authorization, clock.now());
        if (failure === undefined) throw error;
        logRefusal(request, error);
        return { failure };
      }
    },
  };
}

/**
 * Every line of the header, joined as proxies may join them (RFC 9110 section 5.3). Node keeps the first one and drops
 * the others, which something in front may have judged by.
 */
function readAuthorization({ raw: { rawHeaders } }: FastifyRequest): string | undefined {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'authorization') lines.push(rawHeaders[index + 1] ?? '');
  }
  return lines.length === 0 ? undefined : lines.join(', ');
}

/** How to answer a request whose caller was refused; `undefined` for any other error. */
export function findRefusal(
  error: unknown,
  authorization: string | undefined,
  nowMs: number,
): GraphQLFailure | undefined {
  const known = findGatewayError(error);
  const refusal = REFUSALS.get(known?.code);
  if (known === undefined || refusal === undefined) return undefined;
  const headers: Record<string, string> = {};
  if (refusal.challenge !== undefined) {
    // Whoever sent no token made no mistake with one: then there is no error to name (RFC 6750 section 3.1).
    headers['www-authenticate'] = /^bearer\b/i.test(authorization ?? '') ? refusal.challenge : REALM;
  }
  if (known.retryAtMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil((known.retryAtMs - nowMs) / SECOND_MS)));
  }
  return {
    status: refusal.status,
    code: known.code as GraphQLFailure['code'],
    message: known.message,
    headers,
  };
}

function judge(caller: Caller, { right, isOfWhole = false }: Demand): void {
  if (!caller.rights.has(right)) {
    throw new GatewayError(
      'FORBIDDEN',
      `This needs the right ${right}, which the caller does not have: ask whoever runs the gateway for it.`,
      { rule: right },
    );
  }
  if (isOfWhole && readsPartOnly(caller)) {
    throw new GatewayError(
      'FORBIDDEN',
      'This tells of the whole inventory, and the caller may read some RBAC groups of it: ask whoever runs the gateway for ' +
        `a caller with the right ${right} alone, or for Inventory.Read of all groups.`,
      { rule: 'Inventory.Read of all RBAC groups' },
    );
  }
}

/** By the server's logger: that of a request may be told to keep quiet about its path. */
function logRefusal({ id, server }: FastifyRequest, error: unknown): void {
  const { code, rule } = error as GatewayError;
  const facts =
    error instanceof CallerRefusedError ? { reason: error.reason, ...error.facts } : { right: rule };
  server.log.info({ event: 'caller_refused', requestId: id, code, ...facts }, 'caller refused');
}
