/**
 * Environment record in, frozen typed settings out. Pure: no file, no network, no `process`.
 *
 * Every fault is collected and named before anything is thrown; absent means the default, malformed is an
 * error. Nothing is guessed: the scope is never derived from a host, and no credential falls back to another.
 */

import { type EntraAuth, type OpenAuth, parseAuth } from './auth.ts';
import { type AzureIdentity, parseAzureIdentity } from './credential.ts';
import { readSettings } from './env.ts';
import { ConfigurationError, createFaultCollector } from './faults.ts';
import {
  APPLICATION_SCOPE_FORM,
  AUTHORITY_FORM,
  CACHE_URL_FORM,
  DELEGATED_SCOPE_FORM,
  findApplicationScope,
  findAuthority,
  findCacheUrl,
  findDelegatedScope,
  findHosts,
  findListenHost,
  findOrigins,
  findProxyUrl,
  findSecureUrl,
  HOSTS_FORM,
  ORIGINS_FORM,
  PROXY_URL_FORM,
  SECURE_URL_FORM,
  splitList,
} from './forms.ts';
import { type LimitsConfig, parseLimits } from './limits.ts';
import { type OperationSettings, parseOperations, parsePlayground } from './operations.ts';
import { parseRates, type RateSettings, refuseUnpayableCost } from './rates.ts';
import { createSettingReader, type SettingReader } from './reader.ts';
import { parseTransport, type TransportSettings } from './transport.ts';

export type RefreshSource = 'auto' | 'export' | 'paged';
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly azure: AzureIdentity & {
    /** Base of the sign-in service, without a slash at the end. */
    readonly authorityHost: string;
  };
  readonly defender: {
    /** Base of both endpoints, without a slash at the end. */
    readonly apiUrl: string;
    readonly scope: string;
    /** Lower-cased `host`, `host:port` or `*.suffix` that a nextLink may name. */
    readonly pageHosts: readonly string[];
    /** Lower-cased `host`, `host:port` or `*.suffix` that export files may come from. */
    readonly downloadHosts: readonly string[];
    /** 1 to 24. */
    readonly sasValidHours: number;
    /** 1 to 200,000. */
    readonly pageSize: number;
  };
  readonly refresh: {
    readonly source: RefreshSource;
    /** 0: no schedule. */
    readonly intervalMs: number;
    readonly cooldownMs: number;
    /** Longest time that one refresh may read; 0: as long as it takes. */
    readonly deadlineMs: number;
    /** Age at which readiness fails; 0: never. */
    readonly snapshotExpiresAfterMs: number;
    /** Threads that read export files, 0 to 64; 0: one for every two processor cores. */
    readonly threads: number;
  };
  /** What a new snapshot must hold to be published. */
  readonly validation: {
    /** 0 to 1,000,000,000; 0: an empty inventory is published too. */
    readonly minimumRecords: number;
    /** Largest share of records, devices or certificates that may be gone since the last snapshot, 0 to 1. */
    readonly maximumShrinkShare: number;
    /** Largest share of malformed records, 0 to 1. */
    readonly maximumRejectedShare: number;
  };
  readonly storage: {
    readonly dataDir: string;
    /** `redis://` or `rediss://`, password included; `undefined`: disk in `dataDir`. */
    readonly cacheUrl: string | undefined;
  };
  readonly http: TransportSettings & {
    /** Host name or address, IPv6 without brackets. */
    readonly host: string;
    /** 0: any free port. */
    readonly port: number;
    /** Threads that serve, 1 to 64; more than one share the port. */
    readonly workers: number;
    readonly corsOrigins: readonly string[];
    readonly playground: boolean;
  };
  readonly auth: OpenAuth | EntraAuth;
  readonly rates: RateSettings;
  readonly operations: OperationSettings;
  /** What one request may be made of and may cause. */
  readonly limits: LimitsConfig;
  readonly log: { readonly level: LogLevel };
  readonly proxy: {
    /** Password included. */
    readonly httpsProxy: string | undefined;
    /** Hosts and suffixes to reach directly, as given. */
    readonly noProxy: readonly string[];
    /** PEM file of further certificate authorities. */
    readonly extraCaCertsPath: string | undefined;
  };
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Hosts of Defender that a nextLink may name beside the API's own (regional, older and government ones). */
const DEFENDER_HOSTS = [
  '*.security.microsoft.com',
  '*.securitycenter.microsoft.com',
  '*.securitycenter.windows.com',
  '*.securitycenter.microsoft.us',
] as const;

/** What some settings depend on beside the environment. */
export interface Machine {
  /** The operating system, as Node names it. */
  readonly platform: string;
}

/** Where threads can listen on one port, with the system sharing out the connections (`SO_REUSEPORT`). */
const SHARED_PORT_PLATFORM = 'linux';

/**
 * The configuration that an environment record describes, deeply frozen.
 *
 * @param machine what it is to hold on; default: Linux
 * @throws ConfigurationError with every fault there is, secrets masked
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  machine: Machine = { platform: SHARED_PORT_PLATFORM },
): Config {
  const faults = createFaultCollector();
  const reader = createSettingReader(readSettings(environment), faults);
  const identity = parseAzureIdentity(reader);
  const authorityHost = reader.value('authorityHost', findAuthority, AUTHORITY_FORM);
  const operations = parseOperations(reader);
  const http = parseHttp(reader, machine, operations);
  const config: Config = {
    azure: { ...identity, authorityHost },
    defender: parseDefender(reader, identity.credential.kind === 'device-code'),
    refresh: {
      source: reader.word('refreshSource', ['auto', 'export', 'paged']),
      intervalMs: reader.durationMs('refreshInterval'),
      cooldownMs: reader.durationMs('refreshCooldown'),
      deadlineMs: reader.durationMs('refreshDeadline'),
      snapshotExpiresAfterMs: reader.durationMs('snapshotExpiresAfter'),
      threads: reader.integer('refreshThreads', 0, 64),
    },
    validation: {
      minimumRecords: reader.integer('minimumRecords', 0, 1_000_000_000),
      maximumShrinkShare: reader.share('maximumShrink'),
      maximumRejectedShare: reader.share('maximumRejected'),
    },
    storage: {
      dataDir: reader.value('dataDir', (text) => text, 'a folder'),
      cacheUrl: reader.optional('cacheUrl', findCacheUrl, CACHE_URL_FORM),
    },
    http,
    auth: parseAuth(reader, { listenHost: http.host, authorityHost }),
    rates: parseRates(reader),
    operations,
    limits: parseLimits(reader),
    log: { level: reader.word('logLevel', LOG_LEVELS) },
    proxy: {
      httpsProxy: reader.optional('httpsProxy', findProxyUrl, PROXY_URL_FORM),
      noProxy: splitList(reader.settings.noProxy.text ?? ''),
      extraCaCertsPath: reader.settings.extraCaCertsPath.text,
    },
  };
  if (config.auth.mode === 'entra') refuseUnpayableCost(reader, config.rates, config.limits);
  const isTenantUnknown =
    identity.credential.kind === 'managed-identity' && reader.settings.tenantId.text === undefined;
  if (isTenantUnknown && config.storage.cacheUrl !== undefined) {
    reader.faults.contradict(
      [reader.settings.tenantId, reader.settings.cacheUrl],
      'set together: a store that gateways share tells their snapshots apart by the tenant',
    );
  }
  if (faults.faults.length > 0) throw new ConfigurationError(faults.faults);
  return deepFreeze(config);
}

function parseDefender(reader: SettingReader, isDelegated: boolean): Config['defender'] {
  const apiUrl = reader.value('apiUrl', findSecureUrl, SECURE_URL_FORM);
  return {
    apiUrl,
    scope: isDelegated
      ? reader.value('scope', findDelegatedScope, DELEGATED_SCOPE_FORM)
      : reader.value('scope', findApplicationScope, APPLICATION_SCOPE_FORM),
    pageHosts: reader.optional('pageHosts', findHosts, HOSTS_FORM) ?? [
      new URL(apiUrl).host,
      ...DEFENDER_HOSTS,
    ],
    downloadHosts: reader.value('downloadHosts', findHosts, HOSTS_FORM),
    sasValidHours: reader.integer('sasValidHours', 1, 24),
    pageSize: reader.integer('pageSize', 1, 200_000),
  };
}

function parseHttp(
  reader: SettingReader,
  { platform }: Machine,
  { mode }: OperationSettings,
): Config['http'] {
  const workers = reader.integer('workers', 1, 64);
  if (workers > 1 && platform !== SHARED_PORT_PLATFORM) {
    reader.faults.reject(
      reader.settings.workers,
      `1 on this system (${platform}): threads can share a port on Linux alone`,
    );
  }
  return {
    host: reader.value('host', findListenHost, 'a host name or an IP address to listen on'),
    port: reader.integer('port', 0, 65_535),
    workers,
    corsOrigins: reader.value('corsOrigins', findOrigins, ORIGINS_FORM),
    playground: parsePlayground(reader, mode),
    ...parseTransport(reader),
  };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}
