/** From settings to the upstream client: the one place where the words of the two rooms meet. */

import type { Config } from './config/config.ts';
import type { Credential } from './defender/credential.ts';
import { createDefender, type Defender, type DefenderPorts } from './defender/defender.ts';

/**
 * The upstream client that the settings describe. Asks nothing until it is used.
 *
 * @param version of the gateway, for the User-Agent
 */
export function composeDefender(config: Config, version: string, ports: DefenderPorts): Defender {
  const { azure, defender, refresh, proxy } = config;
  return createDefender(
    {
      tenantId: azure.tenantId ?? '',
      clientId: azure.clientId ?? '',
      credential: toCredential(config),
      authorityHost: new URL(azure.authorityHost),
      scope: defender.scope,
      apiUrl: new URL(defender.apiUrl),
      pageHosts: defender.pageHosts,
      downloadHosts: defender.downloadHosts,
      mode: refresh.source,
      sasValidHours: defender.sasValidHours,
      pageSize: defender.pageSize,
      proxy: {
        ...(proxy.httpsProxy === undefined ? {} : { httpsProxy: proxy.httpsProxy }),
        ...(proxy.noProxy.length === 0 ? {} : { noProxy: proxy.noProxy.join(',') }),
      },
      version,
    },
    ports,
  );
}

function toCredential({ azure: { credential, clientId } }: Config): Credential {
  switch (credential.kind) {
    case 'client-secret':
      return { kind: 'secret', secret: credential.clientSecret };
    case 'client-certificate':
      return { kind: 'certificate', pemPath: credential.path };
    case 'federated-token':
      return { kind: 'federated', tokenFile: credential.path };
    case 'managed-identity':
      return { kind: 'managedIdentity', ...(clientId === undefined ? {} : { clientId }) };
    case 'device-code':
      return { kind: 'deviceCode' };
  }
}

/**
 * Whose snapshots a store holds. What one engineer may see is kept apart from what the application sees, so that
 * neither is restored as the other. With a managed identity the tenant may be left out of the settings.
 */
export function toTenantId({ azure }: Config): string {
  const tenantId = azure.tenantId ?? 'managed-identity';
  return azure.credential.kind === 'device-code' ? `${tenantId} (as a user)` : tenantId;
}
