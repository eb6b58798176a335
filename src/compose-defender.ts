/** From settings to the upstream client: the one place where the words of the two rooms meet. */

import type { Config } from './config/config.ts';
import type { Credential } from './defender/credential.ts';
import { createDefender, type Defender, type DefenderPorts, type FileSettings } from './defender/defender.ts';
import type { RecordSink } from './snapshot/record.ts';

/**
 * The upstream client that the settings describe. Asks nothing until it is used.
 *
 * @param version of the gateway, for the User-Agent
 */
export function composeDefender<Sink extends RecordSink>(
  config: Config,
  version: string,
  ports: DefenderPorts<Sink>,
): Defender<Sink> {
  const { azure, defender, refresh } = config;
  return createDefender(
    {
      ...toFileSettings(config, version),
      tenantId: azure.tenantId ?? '',
      clientId: azure.clientId ?? '',
      credential: toCredential(config),
      scope: defender.scope,
      apiUrl: new URL(defender.apiUrl),
      pageHosts: defender.pageHosts,
      downloadHosts: defender.downloadHosts,
      mode: refresh.source,
      sasValidHours: defender.sasValidHours,
      pageSize: defender.pageSize,
    },
    ports,
  );
}

/** What a thread that only reads files needs of the settings. */
export function toFileSettings({ azure, proxy }: Config, version: string): FileSettings {
  return {
    authorityHost: new URL(azure.authorityHost),
    proxy: {
      ...(proxy.httpsProxy === undefined ? {} : { httpsProxy: proxy.httpsProxy }),
      ...(proxy.noProxy.length === 0 ? {} : { noProxy: proxy.noProxy.join(',') }),
    },
    version,
  };
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
