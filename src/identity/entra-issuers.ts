/**
 * By which names Entra ID calls itself in `iss`: by the version of the token, and by the cloud. A national cloud has an
 * issuer of its own, and so do its tokens of version 1, but for the government of the United States.
 */

/** Beginnings of issuers; the tenant id follows, then `/v2.0` (version 2) or `/` (version 1). */
interface Cloud {
  readonly authorityHosts: readonly string[];
  readonly version2: string;
  readonly version1: string;
}

const GLOBAL: Cloud = {
  authorityHosts: [
    'login.microsoftonline.com',
    'login.microsoft.com',
    'login.windows.net',
    'sts.windows.net',
  ],
  version2: 'https://login.microsoftonline.com',
  version1: 'https://sts.windows.net',
};

const NATIONAL: readonly Cloud[] = [
  {
    authorityHosts: ['login.microsoftonline.us', 'login.usgovcloudapi.net', 'login-us.microsoftonline.com'],
    version2: 'https://login.microsoftonline.us',
    version1: 'https://sts.windows.net',
  },
  {
    authorityHosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn', 'sts.chinacloudapi.cn'],
    version2: 'https://login.partner.microsoftonline.cn',
    version1: 'https://sts.chinacloudapi.cn',
  },
];

const ENTRA_HOSTS: ReadonlySet<string> = new Set(
  [GLOBAL, ...NATIONAL].flatMap(({ authorityHosts }) => authorityHosts),
);

/**
 * Every issuer that a tenant's tokens may name. An authority that is no cloud of Microsoft's, such as a customer tenant's own
 * host name, or a stand-in on loopback, may also be the issuer itself.
 *
 * @param authorityHost base URL, without a slash at the end
 * @param tenantId a GUID in lower case
 */
export function toEntraIssuers(authorityHost: string, tenantId: string): readonly string[] {
  const { hostname } = new URL(authorityHost);
  const cloud = [GLOBAL, ...NATIONAL].find(({ authorityHosts }) => authorityHosts.includes(hostname));
  const { version1, version2 } = cloud ?? GLOBAL;
  const issuers = [`${version2}/${tenantId}/v2.0`, `${version1}/${tenantId}/`];
  return cloud === undefined ? [...issuers, `${authorityHost}/${tenantId}/v2.0`] : issuers;
}

/** Whether a URL is one of Entra ID, in any cloud. */
export function isEntraHost(url: string): boolean {
  return ENTRA_HOSTS.has(URL.parse(url)?.hostname ?? '');
}

/** Where the keys of a tenant's tokens are published. */
export function toEntraKeysUrl(authorityHost: string, tenantId: string): string {
  return `${authorityHost}/${tenantId}/discovery/v2.0/keys`;
}
