/**
 * Who may ask the gateway: everybody, or callers with an access token and a grant. Nothing is read from disk here: that
 * the policy file is there, and what it says, is found out when the gateway starts.
 */

import { isLoopbackHost } from '../core/host.ts';
import type { SettingName } from './env.ts';
import { AUTHORITY_FORM, findAudiences, findAuthority, findTenantIds } from './forms.ts';
import type { SettingReader } from './reader.ts';

/** Nobody is identified: everybody who reaches the gateway may do and see all. */
export interface OpenAuth {
  readonly mode: 'none';
  /** Whether that was allowed on a host that others can reach. */
  readonly allowAnonymous: boolean;
}

/** Callers send access tokens of Entra ID, or of the issuers that the policy names. */
export interface EntraAuth {
  readonly mode: 'entra';
  /** GUIDs in lower case, distinct, at least one: the tenants whose tokens are accepted. */
  readonly tenantIds: readonly string[];
  /** At least one: client id and App ID URI of the API, as tokens name it. */
  readonly audiences: readonly string[];
  /** Base of the service that publishes the signing keys, without a slash at the end. */
  readonly authorityHost: string;
  /** Which rights a caller has by its roles, scopes and groups. */
  readonly policyFile: string;
}

const TENANT_IDS_FORM =
  'a comma-separated list of tenant ids, each a GUID as in the "tid" of a token (a domain is not in tokens)';
const AUDIENCES_FORM =
  'a comma-separated list of audiences, each the application (client) id or the Application ID URI of this API, as in the "aud" of a token';
const POLICY_FILE_FORM = 'the path of a policy file';

const OF_ENTRA = [
  'authTenantIds',
  'authAudiences',
  'authPolicyFile',
] as const satisfies readonly SettingName[];

/**
 * @param listenHost where the gateway will listen
 * @param authorityHost what `AUTH_AUTHORITY_HOST` is when it is not set
 */
export function parseAuth(
  reader: SettingReader,
  { listenHost, authorityHost }: { readonly listenHost: string; readonly authorityHost: string },
): OpenAuth | EntraAuth {
  const mode = reader.word('authMode', ['none', 'entra']);
  const allowAnonymous = reader.isTrue('allowAnonymous');
  const ofEntra: EntraAuth = {
    mode: 'entra',
    tenantIds: reader.optional('authTenantIds', findTenantIds, TENANT_IDS_FORM) ?? [],
    audiences: reader.optional('authAudiences', findAudiences, AUDIENCES_FORM) ?? [],
    authorityHost: reader.optional('authAuthorityHost', findAuthority, AUTHORITY_FORM) ?? authorityHost,
    policyFile: reader.settings.authPolicyFile.text ?? '',
  };
  if (mode === 'entra') {
    requireAll(reader);
    return ofEntra;
  }
  refuseUnusedSettings(reader);
  refuseOpenHost(reader, listenHost, allowAnonymous);
  return { mode, allowAnonymous };
}

function requireAll({ settings, faults }: SettingReader): void {
  const forms = {
    authTenantIds: TENANT_IDS_FORM,
    authAudiences: AUDIENCES_FORM,
    authPolicyFile: POLICY_FILE_FORM,
  };
  for (const name of OF_ENTRA) {
    if (settings[name].text === undefined)
      faults.reject(settings[name], `${forms[name]}: AUTH_MODE=entra needs it`);
  }
}

/** Whoever says which tokens are accepted does not mean to accept callers without one. */
function refuseUnusedSettings({ settings, faults }: SettingReader): void {
  const unused = OF_ENTRA.map((name) => settings[name]).filter(({ text }) => text !== undefined);
  if (settings.authMode.text === undefined && unused.length > 0) {
    faults.contradict(
      [settings.authMode, ...unused],
      'set together: AUTH_MODE=entra identifies callers by these settings, AUTH_MODE=none says that it is not meant to',
    );
  }
}

function refuseOpenHost(
  { settings, faults }: SettingReader,
  listenHost: string,
  allowAnonymous: boolean,
): void {
  if (isLoopbackHost(listenHost) || allowAnonymous) return;
  faults.contradict(
    [settings.authMode, settings.host],
    'safe together: without caller identity HOST must be a loopback address, or AUTH_ALLOW_ANONYMOUS=true must say that everybody who reaches it may read the inventory',
  );
}
