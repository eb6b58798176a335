/**
 * What a simulated tenant can be told to be, the defaults, and the check of the numbers.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { QuirkSelection } from './inventory/quirks.ts';
import type { WireSpelling } from './inventory/spelling.ts';
import type { FederatedCredential } from './tenant/client-assertion.ts';
import type { RateLimit } from './tenant/rate-window.ts';

export interface SimulatorOptions {
  /** Decides all data; default 1. */
  readonly seed?: number;
  /** Devices in the inventory, 0 to 10,000,000; default 200. 0 is a tenant without any. */
  readonly devices?: number;
  /** Records of an average device, 1 to 100,000; default 100. Devices hold 85 to 115 percent of it. */
  readonly recordsPerDevice?: number;
  /** Records of an export file, about; default 25,000. A device is never split over two files. */
  readonly recordsPerFile?: number;
  /** Share of the devices that a licence covers, 0 to 1; default 1. */
  readonly coverage?: number;
  /** Odd data to mix in; default `realistic`. */
  readonly quirks?: QuirkSelection;
  /** How the two endpoints spell their columns; default `pascal` in files and `current` in pages. */
  readonly spelling?: { readonly export?: WireSpelling; readonly paged?: WireSpelling };
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Port to listen on; default 0, any free one. */
  readonly port?: number;
  /** Base of the addresses that are handed out, where it differs from host and port. */
  readonly publicUrl?: string;
  /** Simulated start, epoch milliseconds; default now. Dates in the data are relative to its UTC day. */
  readonly startAt?: number;
  /** The machine's clock; default `Date.now`. Simulated time passes as this one does. */
  readonly now?: () => number;
  /** Waits, in milliseconds of simulated time; default the machine's timers. Must reject once the signal is aborted. */
  readonly sleep?: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** Told of every access token and blob signature that is handed out, for whoever looks for them where they must not be. */
  readonly onSecret?: (secret: string) => void;
  /** Simulated time from one export to the next, at least a minute; default 6 hours. */
  readonly exportIntervalMs?: number;
  /** How many times faster than in life the inventory changes from one export to the next, 1 to 1,000; default 1. */
  readonly pace?: number;
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PEM certificates registered for client assertions; with none, their signatures are not checked. */
  readonly clientCertificates?: readonly string[];
  /** Issuers and subjects whose tokens are taken as client assertions. */
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Application roles in tokens; default `Vulnerability.Read.All`. */
  readonly roles?: readonly string[];
  /** Whether the tenant has the vulnerability management licence; default true. */
  readonly licensed?: boolean;
  /** Default 3,599 s, which is what Entra gives. */
  readonly tokenLifetimeSeconds?: number;
  /** Polls of a device code that are told to wait; default 1. */
  readonly deviceCodePolls?: number;
  /** RBAC groups whose devices the user of a device code may see; default all. */
  readonly userGroups?: readonly number[];
  /** Secret of the managed identity endpoint. */
  readonly identityHeader?: string;
  /** Key under which blob addresses and skip tokens are signed. */
  readonly sasKey?: string;
  /** Quotas in place of the service's 30 a minute and 1,000 an hour (pages), 5 and 20 (files). */
  readonly limits?: { readonly paged?: RateLimit; readonly export?: RateLimit };
}

/** Options with everything filled in. */
export interface ResolvedOptions
  extends Required<Omit<SimulatorOptions, 'spelling' | 'limits' | 'publicUrl' | 'userGroups'>> {
  readonly spelling: { readonly export: WireSpelling; readonly paged: WireSpelling };
  readonly limits: { readonly paged: RateLimit; readonly export: RateLimit };
  readonly publicUrl: string | undefined;
  readonly userGroups: readonly number[] | undefined;
  /** Epoch seconds of the UTC midnight before `startAt`. */
  readonly startDaySeconds: number;
}

const DAY_MS = 86_400_000;

/** Fills in defaults. @throws RangeError that names the option, its range and the value */
export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  const now = options.now ?? Date.now;
  const startAt = options.startAt ?? now();
  return {
    seed: checkRange('seed', options.seed ?? 1, -(2 ** 31), 2 ** 31 - 1),
    devices: checkRange('devices', options.devices ?? 200, 0, 10_000_000),
    recordsPerDevice: checkRange('recordsPerDevice', options.recordsPerDevice ?? 100, 1, 100_000),
    recordsPerFile: checkRange('recordsPerFile', options.recordsPerFile ?? 25_000, 1, 10_000_000),
    coverage: checkShare('coverage', options.coverage ?? 1),
    quirks: options.quirks ?? 'realistic',
    spelling: { export: options.spelling?.export ?? 'pascal', paged: options.spelling?.paged ?? 'current' },
    host: options.host ?? '127.0.0.1',
    port: checkRange('port', options.port ?? 0, 0, 65_535),
    publicUrl: options.publicUrl,
    startAt,
    startDaySeconds: (Math.floor(startAt / DAY_MS) * DAY_MS) / 1000,
    now,
    sleep: options.sleep ?? sleepByTimers,
    onSecret: options.onSecret ?? (() => undefined),
    exportIntervalMs: checkRange(
      'exportIntervalMs',
      options.exportIntervalMs ?? 6 * 3_600_000,
      60_000,
      365 * DAY_MS,
    ),
    pace: checkRange('pace', options.pace ?? 1, 1, 1_000),
    tenantId: options.tenantId ?? '5f1d6c2e-8a70-4b0e-9c35-1d3b7e2a9f40',
    clientId: options.clientId ?? 'c7a1e0b4-23d9-4f6a-8e51-6b9d0f4c3a72',
    clientSecret: options.clientSecret ?? 'simulated-client-secret',
    clientCertificates: options.clientCertificates ?? [],
    federatedCredentials: options.federatedCredentials ?? [],
    roles: options.roles ?? ['Vulnerability.Read.All'],
    licensed: options.licensed ?? true,
    tokenLifetimeSeconds: checkRange('tokenLifetimeSeconds', options.tokenLifetimeSeconds ?? 3599, 1, 86_400),
    deviceCodePolls: checkRange('deviceCodePolls', options.deviceCodePolls ?? 1, 0, 1000),
    userGroups: options.userGroups,
    identityHeader: options.identityHeader ?? 'simulated-identity-header',
    sasKey: options.sasKey ?? 'simulated-storage-key',
    limits: {
      paged: options.limits?.paged ?? { perMinute: 30, perHour: 1000 },
      export: options.limits?.export ?? { perMinute: 5, perHour: 20 },
    },
  };
}

async function sleepByTimers(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal, ref: false });
}

function checkRange(name: string, value: number, minimum: number, maximum: number): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new RangeError(`${name} must be a whole number from ${minimum} to ${maximum}, but got: ${value}.`);
}

function checkShare(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`${name} must be a number from 0 to 1, but got: ${value}.`);
}
