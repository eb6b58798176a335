/**
 * The Entra v2 endpoints of the simulated tenant: token, device code, discovery, signing keys.
 */

import { mixGuid } from '../inventory/random.ts';
import { type AssertionRules, isAssertionAccepted } from './client-assertion.ts';
import { createOAuthErrorReply, type OAuthErrorNumber } from './oauth-errors.ts';
import { createJsonReply, type Reply, type SimulatedRequest } from './reply.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { TokenService } from './tokens.ts';

export interface EntraOptions {
  readonly baseUrl: () => string;
  readonly tenantId: string;
  readonly clientId: string;
  /** Read at each call, so that a secret can be replaced. */
  readonly getClientSecret: () => string;
  /** Roles that a new application token carries. */
  readonly getRoles: () => readonly string[];
  /** Resources that the tenant knows. */
  readonly resources: readonly string[];
  readonly lifetimeSeconds: number;
  /** Polls of a device code that are answered with "pending" before the user has signed in. */
  readonly deviceCodePolls: number;
  readonly assertions: AssertionRules;
  readonly clock: SimulatedClock;
  readonly tokens: TokenService;
}

export interface Entra {
  token(request: SimulatedRequest, tenant: string): Promise<Reply>;
  deviceCode(request: SimulatedRequest, tenant: string): Reply;
  openIdConfiguration(tenant: string): Reply;
  keys(): Promise<Reply>;
  instanceDiscovery(): Reply;
}

const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const DEVICE_CODE_LIFETIME_SECONDS = 900;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The endpoints over one tenant, one application and one user. */
export function createEntra(options: EntraOptions): Entra {
  const { clock, tokens, clientId } = options;
  const deviceCodes = new Map<string, { expiresAtMs: number; pollsLeft: number; scope: string }>();
  const refuse = (errorNumber: OAuthErrorNumber): Reply => createOAuthErrorReply(errorNumber, clock.now());

  function findTenantFault(tenant: string): OAuthErrorNumber | undefined {
    if (tenant.toLowerCase() === options.tenantId.toLowerCase()) return undefined;
    return GUID.test(tenant) || tenant.includes('.') ? 90002 : 900023;
  }

  async function token(request: SimulatedRequest, tenant: string): Promise<Reply> {
    const tenantFault = findTenantFault(tenant);
    if (tenantFault !== undefined) return refuse(tenantFault);
    const form = new URLSearchParams(request.body);
    if (!form.has('grant_type') || !form.has('client_id')) return refuse(900144);
    if (form.get('client_id') !== clientId) return refuse(700016);
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return grantApplication(form, request);
      // MSAL sends the short name that older endpoints knew.
      case 'device_code':
      case DEVICE_CODE_GRANT:
        return grantDeviceCode(form);
      case 'refresh_token':
        return grantRefresh(form);
      default:
        return refuse(70003);
    }
  }

  async function grantApplication(form: URLSearchParams, request: SimulatedRequest): Promise<Reply> {
    const fault = (await findCredentialFault(form, request)) ?? findScopeFault(form.get('scope'));
    if (fault !== undefined) return refuse(fault);
    const audience = form.get('scope')!.trim().slice(0, -'/.default'.length);
    return createJsonReply(200, {
      token_type: 'Bearer',
      expires_in: options.lifetimeSeconds,
      ext_expires_in: options.lifetimeSeconds,
      access_token: await tokens.issue({ audience, clientId, roles: options.getRoles() }),
    });
  }

  async function findCredentialFault(
    form: URLSearchParams,
    request: SimulatedRequest,
  ): Promise<OAuthErrorNumber | undefined> {
    const assertion = form.get('client_assertion');
    if (assertion !== null) {
      const accepted = await isAssertionAccepted(assertion, {
        rules: options.assertions,
        clientId,
        audiences: [
          `${request.url.origin}${request.url.pathname}`,
          `${options.baseUrl()}${request.url.pathname}`,
        ],
        // An assertion is dated by the machine on which the client runs, which knows of no simulated time.
        nowMs: clock.machineNow(),
      });
      return accepted === true ? undefined : accepted;
    }
    const secret = form.get('client_secret');
    if (secret === null) return 7000218;
    return secret === options.getClientSecret() ? undefined : 7000215;
  }

  function findScopeFault(scope: string | null): OAuthErrorNumber | undefined {
    if (scope === null) return 900144;
    if (/\s/.test(scope.trim()) || !URL.canParse(scope)) return 70011;
    if (!scope.endsWith('/.default')) return 1002012;
    return options.resources.includes(scope.slice(0, -'/.default'.length)) ? undefined : 500011;
  }

  function deviceCode(request: SimulatedRequest, tenant: string): Reply {
    const tenantFault = findTenantFault(tenant);
    if (tenantFault !== undefined) return refuse(tenantFault);
    const form = new URLSearchParams(request.body);
    if (form.get('client_id') !== clientId) return refuse(form.has('client_id') ? 700016 : 900144);
    const scope = form.get('scope');
    if (scope === null) return refuse(900144);
    if (findResource(scope) === undefined) return refuse(70011);
    const code = mixGuid(1, deviceCodes.size, 0xdc);
    deviceCodes.set(code, {
      expiresAtMs: clock.now() + DEVICE_CODE_LIFETIME_SECONDS * 1000,
      pollsLeft: options.deviceCodePolls,
      scope,
    });
    const verificationUri = `${options.baseUrl()}/devicelogin`;
    return createJsonReply(200, {
      user_code: 'NRTHWND42',
      device_code: code,
      verification_uri: verificationUri,
      expires_in: DEVICE_CODE_LIFETIME_SECONDS,
      interval: 1,
      message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code NRTHWND42 to authenticate.`,
    });
  }

  function findResource(scope: string): string | undefined {
    return options.resources.find((resource) =>
      scope.split(' ').some((part) => part.startsWith(`${resource}/`)),
    );
  }

  async function grantDeviceCode(form: URLSearchParams): Promise<Reply> {
    const entry = deviceCodes.get(form.get('device_code') ?? '');
    if (entry === undefined || entry.expiresAtMs <= clock.now()) return refuse(70020);
    if (entry.pollsLeft > 0) {
      entry.pollsLeft--;
      return refuse(70016);
    }
    return createDelegatedReply(entry.scope);
  }

  async function grantRefresh(form: URLSearchParams): Promise<Reply> {
    if (form.get('refresh_token') !== REFRESH_TOKEN) return refuse(700082);
    return createDelegatedReply(form.get('scope') ?? `${options.resources[0]}/.default`);
  }

  async function createDelegatedReply(scope: string): Promise<Reply> {
    const audience = findResource(scope);
    if (audience === undefined) return refuse(500011);
    const user = { uid: mixGuid(1, 0x05e4), utid: options.tenantId };
    return createJsonReply(200, {
      token_type: 'Bearer',
      scope: `${audience}/Vulnerability.Read ${audience}/.default`,
      expires_in: options.lifetimeSeconds,
      ext_expires_in: options.lifetimeSeconds,
      access_token: await tokens.issue({ audience, clientId, scopes: ['Vulnerability.Read'] }),
      refresh_token: REFRESH_TOKEN,
      id_token: await tokens.issueIdToken({ issuer: toIssuer(), clientId, userId: user.uid }),
      client_info: Buffer.from(JSON.stringify(user)).toString('base64url'),
    });
  }

  const toIssuer = (): string => `${options.baseUrl()}/${options.tenantId}/v2.0`;

  return {
    token,
    deviceCode,
    openIdConfiguration: (tenant) => {
      const tenantFault = findTenantFault(tenant);
      if (tenantFault !== undefined) return refuse(tenantFault);
      const authority = `${options.baseUrl()}/${options.tenantId}`;
      return createJsonReply(200, {
        issuer: toIssuer(),
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
        end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
        response_types_supported: ['code', 'id_token'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      });
    },
    keys: async () => createJsonReply(200, await tokens.getKeySet()),
    instanceDiscovery: () => {
      const { host } = new URL(options.baseUrl());
      return createJsonReply(200, {
        tenant_discovery_endpoint: `${toIssuer()}/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
      });
    },
  };
}

/** One user, one refresh token: enough to see a client renew silently. */
const REFRESH_TOKEN = 'simulated-refresh-token';
