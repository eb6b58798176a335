/**
 * The environment variables of the gateway: the only file that names them, and their defaults.
 *
 * Reads an environment record; an empty or blank value counts as absent. What the texts mean, and which of
 * them contradict each other, is `config.ts`.
 */

/** Variable name, the text that stands for an absent one, and whether its value may be shown. */
interface SettingDefinition {
  readonly variable: string;
  /** Absent where there is no default: the setting is required, or does nothing unless set. */
  readonly defaultText?: string;
  /** A secret's value never reaches a message. */
  readonly secret?: true;
}

/** Every setting by the name that `config.ts` uses for it. */
export const SETTINGS = {
  tenantId: { variable: 'AZURE_TENANT_ID' },
  clientId: { variable: 'AZURE_CLIENT_ID' },
  clientSecret: { variable: 'AZURE_CLIENT_SECRET', secret: true },
  clientCertificatePath: { variable: 'AZURE_CLIENT_CERTIFICATE_PATH' },
  federatedTokenFile: { variable: 'AZURE_FEDERATED_TOKEN_FILE' },
  useManagedIdentity: { variable: 'AZURE_USE_MANAGED_IDENTITY', defaultText: 'false' },
  useDeviceCode: { variable: 'AZURE_USE_DEVICE_CODE', defaultText: 'false' },
  authorityHost: { variable: 'AZURE_AUTHORITY_HOST', defaultText: 'https://login.microsoftonline.com' },
  apiUrl: { variable: 'DEFENDER_API_URL', defaultText: 'https://api.security.microsoft.com' },
  scope: { variable: 'DEFENDER_SCOPE', defaultText: 'https://api.securitycenter.microsoft.com/.default' },
  pageHosts: { variable: 'DEFENDER_PAGE_HOSTS' },
  downloadHosts: { variable: 'DEFENDER_DOWNLOAD_HOSTS', defaultText: '*.blob.core.windows.net' },
  refreshSource: { variable: 'REFRESH_SOURCE', defaultText: 'auto' },
  refreshInterval: { variable: 'REFRESH_INTERVAL', defaultText: '6h' },
  refreshCooldown: { variable: 'REFRESH_COOLDOWN', defaultText: '5m' },
  refreshDeadline: { variable: 'REFRESH_DEADLINE', defaultText: '1h' },
  refreshThreads: { variable: 'REFRESH_THREADS', defaultText: '0' },
  sasValidHours: { variable: 'EXPORT_SAS_VALID_HOURS', defaultText: '3' },
  pageSize: { variable: 'PAGE_SIZE', defaultText: '50000' },
  minimumRecords: { variable: 'SNAPSHOT_MINIMUM_RECORDS', defaultText: '1' },
  maximumShrink: { variable: 'SNAPSHOT_MAXIMUM_SHRINK', defaultText: '50%' },
  maximumRejected: { variable: 'SNAPSHOT_MAXIMUM_REJECTED', defaultText: '10%' },
  snapshotExpiresAfter: { variable: 'SNAPSHOT_EXPIRES_AFTER', defaultText: '0' },
  dataDir: { variable: 'DATA_DIR', defaultText: './data' },
  cacheUrl: { variable: 'CACHE_URL' },
  host: { variable: 'HOST', defaultText: '127.0.0.1' },
  port: { variable: 'PORT', defaultText: '4000' },
  workers: { variable: 'WORKERS', defaultText: '1' },
  authMode: { variable: 'AUTH_MODE', defaultText: 'none' },
  allowAnonymous: { variable: 'AUTH_ALLOW_ANONYMOUS', defaultText: 'false' },
  authTenantIds: { variable: 'AUTH_TENANT_ID' },
  authAudiences: { variable: 'AUTH_AUDIENCE' },
  authAuthorityHost: { variable: 'AUTH_AUTHORITY_HOST' },
  authPolicyFile: { variable: 'AUTH_POLICY_FILE' },
  rateRequestsPerMinute: { variable: 'RATE_REQUESTS_PER_MINUTE', defaultText: '600' },
  rateCostPerMinute: { variable: 'RATE_COST_PER_MINUTE', defaultText: '1000000' },
  operations: { variable: 'OPERATIONS', defaultText: 'open' },
  operationsManifest: { variable: 'OPERATIONS_MANIFEST' },
  tlsCertPath: { variable: 'TLS_CERT_PATH' },
  tlsKeyPath: { variable: 'TLS_KEY_PATH' },
  trustProxy: { variable: 'TRUST_PROXY', defaultText: 'none' },
  httpsProxy: { variable: 'HTTPS_PROXY' },
  noProxy: { variable: 'NO_PROXY' },
  extraCaCertsPath: { variable: 'NODE_EXTRA_CA_CERTS' },
  corsOrigins: { variable: 'CORS_ORIGINS', defaultText: 'none' },
  logLevel: { variable: 'LOG_LEVEL', defaultText: 'info' },
  playground: { variable: 'PLAYGROUND', defaultText: 'on' },
  introspection: { variable: 'INTROSPECTION', defaultText: 'on' },
  maximumCost: { variable: 'MAXIMUM_COST', defaultText: '200000' },
  maximumDepth: { variable: 'MAXIMUM_DEPTH', defaultText: '16' },
  maximumAliases: { variable: 'MAXIMUM_ALIASES', defaultText: '50' },
  maximumDirectives: { variable: 'MAXIMUM_DIRECTIVES', defaultText: '50' },
  maximumRootFields: { variable: 'MAXIMUM_ROOT_FIELDS', defaultText: '20' },
  maximumTokens: { variable: 'MAXIMUM_TOKENS', defaultText: '5000' },
  maximumBodyBytes: { variable: 'MAXIMUM_BODY_BYTES', defaultText: '262144' },
  requestDeadline: { variable: 'REQUEST_DEADLINE', defaultText: '10s' },
} as const satisfies Readonly<Record<string, SettingDefinition>>;

export type SettingName = keyof typeof SETTINGS;

/** One setting as it was found. */
export interface Setting extends SettingDefinition {
  /** What was set, trimmed; `undefined` when absent. */
  readonly text: string | undefined;
}

export type Settings = Readonly<Record<SettingName, Setting>>;

/** The settings of an environment record, trimmed; empty ones as absent. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Partial<Record<SettingName, Setting>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const definition: SettingDefinition = SETTINGS[name];
    settings[name] = { ...definition, text: environment[definition.variable]?.trim() || undefined };
  }
  return settings as Settings;
}
