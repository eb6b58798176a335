/**
 * MSAL applications, one for each kind of credential, behind one function that gets a token.
 *
 * Endpoints are composed from host and tenant and handed to MSAL, so that no discovery request is made.
 * MSAL refuses a plain http authority, but takes https metadata whose token endpoint is http: that is how a
 * token endpoint on this machine is reached.
 */

import { readFile } from 'node:fs/promises';
import {
  type AuthenticationResult,
  ConfidentialClientApplication,
  type Configuration,
  type ICachePlugin,
  ManagedIdentityApplication,
  type NodeAuthOptions,
  PublicClientApplication,
} from '@azure/msal-node';
import { GatewayError } from '../core/errors.ts';
import { parseClientCertificate } from './client-certificate.ts';
import type { Credential } from './credential.ts';
import type { SignInNetwork } from './sign-in-network.ts';

/** What a person is asked to do. */
export interface SignInPrompt {
  /** Where to go: `https://microsoft.com/devicelogin`. */
  readonly verificationUrl: string;
  readonly userCode: string;
  /** Entra's own sentence with both. */
  readonly message: string;
  readonly expiresInSeconds: number;
}

export interface SignInOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly credential: Credential;
  readonly authorityHost: URL;
  /** `<resource>/.default`. */
  readonly scope: string;
  readonly network: SignInNetwork;
  readonly cachePlugin: ICachePlugin;
  readonly prompt: (prompt: SignInPrompt) => void;
}

/** Gets a token from the cache, or from Entra ID when it is stale or `forceRenewal` is set. */
export type SignIn = (request: { readonly forceRenewal: boolean }) => Promise<AuthenticationResult | null>;

/** Nothing is read and nothing is asked before the first call. */
export function createSignIn(options: SignInOptions): SignIn {
  const { credential } = options;
  switch (credential.kind) {
    case 'secret':
      return clientCredentials(options, once({ clientSecret: credential.secret }));
    case 'federated':
      return clientCredentials(options, once({ clientAssertion: () => readTokenFile(credential.tokenFile) }));
    case 'certificate':
      return clientCredentials(options, certificateReader(credential.pemPath));
    case 'managedIdentity':
      return managedIdentity(options, credential.clientId);
    case 'deviceCode':
      return deviceCode(options);
  }
}

type ReadCredential = () => Promise<Partial<NodeAuthOptions>>;

function clientCredentials(options: SignInOptions, readCredential: ReadCredential): SignIn {
  let application: ConfidentialClientApplication | undefined;
  let builtFor: Partial<NodeAuthOptions> | undefined;
  return async ({ forceRenewal }) => {
    const auth = await readCredential();
    if (application === undefined || auth !== builtFor) {
      application = new ConfidentialClientApplication(configure(options, auth));
      builtFor = auth;
    }
    return application.acquireTokenByClientCredential({ scopes: [options.scope], skipCache: forceRenewal });
  };
}

/** MSAL keeps these tokens in its own memory, one set for the process; the cache store is not asked. */
function managedIdentity({ scope, network }: SignInOptions, clientId: string | undefined): SignIn {
  let application: ManagedIdentityApplication | undefined;
  return ({ forceRenewal }) => {
    application ??= new ManagedIdentityApplication({
      system: { networkClient: network.module, disableInternalRetries: true },
      ...(clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } }),
    });
    return application.acquireToken({ resource: scope, forceRefresh: forceRenewal });
  };
}

function deviceCode(options: SignInOptions): SignIn {
  const scopes = [options.scope.replace(/\/\.default$/, '/Vulnerability.Read')];
  let application: PublicClientApplication | undefined;
  return async ({ forceRenewal }) => {
    application ??= new PublicClientApplication(configure(options, {}));
    const [account] = await application.getTokenCache().getAllAccounts();
    if (account !== undefined) {
      try {
        return await application.acquireTokenSilent({ account, scopes, forceRefresh: forceRenewal });
      } catch (error) {
        if (options.network.findFailure() !== undefined) throw error;
        // The refresh token is no longer good: the person has to sign in again.
      }
    }
    // Stopped through the network: with its signal aborted the next poll fails.
    return application.acquireTokenByDeviceCode({
      scopes,
      deviceCodeCallback: (code) =>
        options.prompt({
          verificationUrl: code.verificationUri,
          userCode: code.userCode,
          message: code.message,
          expiresInSeconds: code.expiresIn,
        }),
    });
  };
}

function configure(options: SignInOptions, auth: Partial<NodeAuthOptions>): Configuration {
  const { tenantId, clientId, authorityHost, network, cachePlugin } = options;
  const endpoint = `${authorityHost.origin}/${tenantId}`;
  return {
    auth: {
      ...auth,
      clientId,
      authority: `https://${authorityHost.host}/${tenantId}`,
      knownAuthorities: [authorityHost.host],
      authorityMetadata: JSON.stringify({
        issuer: `https://${authorityHost.host}/${tenantId}/v2.0`,
        authorization_endpoint: `${endpoint}/oauth2/v2.0/authorize`,
        token_endpoint: `${endpoint}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${endpoint}/oauth2/v2.0/devicecode`,
        end_session_endpoint: `${endpoint}/oauth2/v2.0/logout`,
        jwks_uri: `${endpoint}/discovery/v2.0/keys`,
      }),
    },
    cache: { cachePlugin },
    system: { networkClient: network.module },
  };
}

function once(auth: Partial<NodeAuthOptions>): ReadCredential {
  return async () => auth;
}

/** Reads the file each time, so that a renewed certificate is used without a restart. */
function certificateReader(pemPath: string): ReadCredential {
  let pem: string | undefined;
  let auth: Partial<NodeAuthOptions> = {};
  return async () => {
    const text = await readSettingFile('AZURE_CLIENT_CERTIFICATE_PATH', pemPath);
    if (text !== pem) {
      auth = { clientCertificate: parseClientCertificate(text) };
      pem = text;
    }
    return auth;
  };
}

async function readTokenFile(path: string): Promise<string> {
  const token = (await readSettingFile('AZURE_FEDERATED_TOKEN_FILE', path)).trim();
  if (token === '')
    throw new GatewayError(
      'CONFIGURATION_INVALID',
      'AZURE_FEDERATED_TOKEN_FILE must name a file that holds a token, but the file is empty.',
    );
  return token;
}

async function readSettingFile(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown';
    throw new GatewayError(
      'CONFIGURATION_INVALID',
      `${setting} must name a file that can be read, but reading ${path} failed: ${code}.`,
      { cause: error },
    );
  }
}
