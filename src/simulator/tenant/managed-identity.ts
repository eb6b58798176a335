/**
 * The managed identity endpoint of an App Service (api-version 2019-08-01): tokens for whoever knows the
 * secret that the platform puts into the environment.
 */

import { createJsonReply, type Reply, type SimulatedRequest } from './reply.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { TokenService } from './tokens.ts';

export interface ManagedIdentityOptions {
  readonly identityHeader: string;
  /** The identity's own client id; a request that names another user-assigned identity is refused. */
  readonly clientId: string;
  readonly getRoles: () => readonly string[];
  readonly resources: readonly string[];
  readonly lifetimeSeconds: number;
  readonly clock: SimulatedClock;
  readonly tokens: TokenService;
}

/** Answers one request. */
export async function answerManagedIdentity(
  options: ManagedIdentityOptions,
  request: SimulatedRequest,
): Promise<Reply> {
  const { identityHeader, clientId, getRoles, resources, lifetimeSeconds, clock, tokens } = options;
  const query = request.url.searchParams;
  if (request.headers['x-identity-header'] !== identityHeader)
    return refuse(401, 'X-IDENTITY-HEADER is missing or wrong.');
  if (query.get('api-version') !== '2019-08-01') return refuse(400, 'The api-version is not supported.');
  const wanted = query.get('client_id') ?? query.get('clientid');
  if (wanted !== null && wanted !== clientId)
    return refuse(400, 'No managed identity was found with this client id.');
  const resource = query.get('resource');
  if (resource === null || !resources.includes(resource.replace(/\/$/, ''))) {
    return refuse(400, 'The resource is missing or not known in the tenant.');
  }
  return createJsonReply(200, {
    access_token: await tokens.issue({ audience: resource, clientId, roles: getRoles() }),
    // The client compares this instant with its own clock, not with simulated time.
    expires_on: String(Math.floor(clock.machineNow() / 1000) + lifetimeSeconds),
    resource,
    token_type: 'Bearer',
    client_id: clientId,
  });
}

function refuse(statusCode: number, message: string): Reply {
  return createJsonReply(statusCode, {
    statusCode,
    message,
    correlationId: '6d1f4a5e-0000-4000-a000-1de4717e0001',
  });
}
