/**
 * Which endpoint answers which path.
 */

import type { BlobStore } from './blob-store.ts';
import type { DefenderApi } from './defender-api.ts';
import type { Entra } from './entra.ts';
import { createJsonReply, type Reply, type SimulatedRequest } from './reply.ts';
import type { Route } from './server.ts';

export interface RouterTargets {
  readonly entra: Entra;
  readonly api: DefenderApi;
  readonly blobs: BlobStore;
  readonly managedIdentity: (request: SimulatedRequest) => Promise<Reply>;
}

/** The routes of one tenant. API paths are read without regard to case, as the service does. */
export function createRouter(
  targets: RouterTargets,
): (path: string, lowerCasePath: string) => Route | undefined {
  const { entra, api, blobs, managedIdentity } = targets;
  return (path, lowerCasePath) => {
    switch (lowerCasePath) {
      case '/api/machines/certificateassessmentbymachine':
        return { endpoint: 'paged', answer: api.paged };
      case '/api/machines/certificateassessmentexport':
        return { endpoint: 'export', answer: api.export };
      case '/msi/token':
        return { endpoint: 'managedIdentity', answer: managedIdentity };
      case '/common/discovery/instance':
        return { endpoint: 'discovery', answer: entra.instanceDiscovery };
      case '/devicelogin':
        return {
          endpoint: 'deviceCode',
          answer: () => createJsonReply(200, { message: 'You have signed in.' }),
        };
    }
    if (lowerCasePath.startsWith('/temp-')) return { endpoint: 'blob', answer: blobs.answer };
    const tenantPath = /^\/([^/]+)\/(.+)$/.exec(path);
    return tenantPath === null
      ? undefined
      : findTenantRoute(entra, tenantPath[1]!, tenantPath[2]!.toLowerCase());
  };
}

function findTenantRoute(entra: Entra, tenant: string, path: string): Route | undefined {
  switch (path) {
    case 'oauth2/v2.0/token':
      return { endpoint: 'token', answer: (request) => entra.token(request, tenant) };
    case 'oauth2/v2.0/devicecode':
      return { endpoint: 'deviceCode', answer: (request) => entra.deviceCode(request, tenant) };
    case 'v2.0/.well-known/openid-configuration':
      return { endpoint: 'discovery', answer: () => entra.openIdConfiguration(tenant) };
    case 'discovery/v2.0/keys':
      return { endpoint: 'discovery', answer: () => entra.keys() };
    default:
      return undefined;
  }
}
