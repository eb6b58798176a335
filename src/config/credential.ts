/**
 * Who asks Defender: exactly one credential, the application and the tenant that go with it.
 * Names and meanings are those of the Azure SDKs. Nothing is read from disk here.
 */

import type { SettingName } from './env.ts';
import { findIdentifier } from './forms.ts';
import type { SettingReader } from './reader.ts';

export type Credential =
  | { readonly kind: 'client-secret'; readonly clientSecret: string }
  /** PEM file with the private key and the certificate. */
  | { readonly kind: 'client-certificate'; readonly path: string }
  /** File with a projected token, read again each time. */
  | { readonly kind: 'federated-token'; readonly path: string }
  | { readonly kind: 'managed-identity' }
  /** One engineer signs in; the snapshot then holds what that user may see. */
  | { readonly kind: 'device-code' };

export interface AzureIdentity {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly credential: Credential;
}

const CREDENTIALS = [
  'clientSecret',
  'clientCertificatePath',
  'federatedTokenFile',
  'useManagedIdentity',
  'useDeviceCode',
] as const satisfies readonly SettingName[];

const TENANT_FORM = 'the tenant id (a GUID) or one of its verified domains';
const CLIENT_FORM = "the application's (client) id";

/** The credential and its identity; faults go to the reader's collector. */
export function parseAzureIdentity(reader: SettingReader): AzureIdentity {
  const credential = parseCredential(reader);
  const tenantId = reader.optional('tenantId', findIdentifier, TENANT_FORM);
  const clientId = reader.optional('clientId', findIdentifier, CLIENT_FORM);
  if (tenantId !== undefined && /^(?:common|organizations|consumers)$/i.test(tenantId)) {
    reader.faults.reject(
      reader.settings.tenantId,
      `${TENANT_FORM}: common, organizations and consumers name no tenant, and an application can sign in to a named one only`,
    );
  }
  if (credential.kind !== 'managed-identity') {
    if (reader.settings.tenantId.text === undefined)
      reader.faults.reject(reader.settings.tenantId, TENANT_FORM);
    if (reader.settings.clientId.text === undefined)
      reader.faults.reject(reader.settings.clientId, CLIENT_FORM);
  }
  return { tenantId, clientId, credential };
}

function parseCredential(reader: SettingReader): Credential {
  const { clientSecret, clientCertificatePath, federatedTokenFile } = reader.settings;
  const found: [SettingName, Credential][] = [];
  if (clientSecret.text !== undefined) {
    found.push(['clientSecret', { kind: 'client-secret', clientSecret: clientSecret.text }]);
  }
  if (clientCertificatePath.text !== undefined) {
    found.push(['clientCertificatePath', { kind: 'client-certificate', path: clientCertificatePath.text }]);
  }
  if (federatedTokenFile.text !== undefined) {
    found.push(['federatedTokenFile', { kind: 'federated-token', path: federatedTokenFile.text }]);
  }
  if (reader.isTrue('useManagedIdentity')) found.push(['useManagedIdentity', { kind: 'managed-identity' }]);
  if (reader.isTrue('useDeviceCode')) found.push(['useDeviceCode', { kind: 'device-code' }]);

  const [first] = found;
  if (found.length > 1) {
    reader.faults.contradict(
      found.map(([name]) => reader.settings[name]),
      'one credential only: unset all but one of them',
    );
  } else if (first === undefined) {
    const settings = CREDENTIALS.map((name) => reader.settings[name]);
    reader.faults.missAll(settings, 'set: exactly one of them, as the credential');
  }
  // With a fault in the collector the configuration is never used; the kind only decides what else is asked for.
  return first?.[1] ?? { kind: 'client-secret', clientSecret: '' };
}
