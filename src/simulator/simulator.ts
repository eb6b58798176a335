/**
 * A Defender tenant that speaks real HTTP: Entra, the two certificate endpoints, a managed identity and the
 * blob store behind one port, over a generated inventory. It shares no code with what it is used to test.
 *
 * Data is deterministic: seed, options and start day decide every record, whatever is asked in which order.
 */

import { createInventory, type Inventory } from './inventory/inventory.ts';
import type { SimulatedRecord } from './inventory/truth.ts';
import { type ResolvedOptions, resolveOptions, type SimulatorOptions } from './options.ts';
import { createBlobStore } from './tenant/blob-store.ts';
import { createDefenderApi } from './tenant/defender-api.ts';
import { createEntra } from './tenant/entra.ts';
import { createFaultBook, type FaultRule } from './tenant/faults.ts';
import { type TenantHabits, USUAL_HABITS } from './tenant/habits.ts';
import { answerManagedIdentity } from './tenant/managed-identity.ts';
import { createRouter } from './tenant/router.ts';
import { type SimulatedCall, startTenantServer } from './tenant/server.ts';
import { createSimulatedClock } from './tenant/simulated-clock.ts';
import { createSpool } from './tenant/spool.ts';
import { createTokenService } from './tenant/tokens.ts';

/** Size of an export's files. */
export interface PreparedExport {
  readonly files: number;
  readonly records: number;
  readonly compressedBytes: number;
  readonly textBytes: number;
}

/** What may be changed while the simulator runs. */
export interface TenantChange {
  readonly licensed?: boolean;
  /** Roles of tokens issued from now on. */
  readonly roles?: readonly string[];
  readonly clientSecret?: string;
  /** RBAC groups whose devices a signed-in user may see. */
  readonly userGroups?: readonly number[];
  /** Those that are not named stay. */
  readonly habits?: Partial<TenantHabits>;
}

export interface Simulator {
  /** Base of every endpoint, without a trailing slash. */
  readonly url: string;
  /** Gateway settings that point a gateway at this tenant, with a client secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same with the managed identity; `IDENTITY_*` are what the platform would set. */
  readonly managedIdentityEnvironment: Readonly<Record<string, string>>;
  /** The calls of the past, oldest first; at most 10,000. */
  readonly calls: readonly SimulatedCall[];
  /** PEM of the minted enterprise certificates: root, two issuing authorities, code signing. */
  readonly enterpriseCertificates: readonly string[];
  /** Simulated now, epoch milliseconds. */
  now(): number;
  /** Number of the newest export, from 0. */
  generation(): number;
  /** Moves simulated time; a new export exists for every whole export interval (default 6 h) since the start. */
  advance(durationMs: number): void;
  /** The truth of every record of the newest export, in the order of its files. Generated while iterating. */
  records(): Iterable<SimulatedRecord>;
  /** Generates all files of the newest export now, so that later downloads measure only the downloading. */
  prepare(): Promise<PreparedExport>;
  /** Orders a fault. @see FaultRule */
  fail(rule: FaultRule): void;
  /** Forgets every fault that was ordered. */
  heal(): void;
  /** Changes the tenant as an administrator would. */
  change(change: TenantChange): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a tenant.
 *
 * @throws RangeError or TypeError for an option that is out of range; what `listen` fails with
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = resolveOptions(options);
  const clock = createSimulatedClock(settings.startAt, settings.now);
  const inventory = createInventory(settings);
  const spool = await createSpool(settings.spelling.export);
  const faults = createFaultBook();
  const tenant = {
    licensed: settings.licensed,
    roles: settings.roles,
    clientSecret: settings.clientSecret,
    userGroups: settings.userGroups,
  };
  let habits = USUAL_HABITS;
  const tokens = createTokenService({
    tenantId: settings.tenantId,
    lifetimeSeconds: settings.tokenLifetimeSeconds,
    clock,
    onSecret: settings.onSecret,
  });
  const generation = (): number => Math.floor(clock.elapsedMs() / settings.exportIntervalMs);
  let url = '';
  const baseUrl = (): string => url;
  const identity = {
    ...settings,
    resources: [...DEFENDER_RESOURCES, OTHER_RESOURCE],
    lifetimeSeconds: settings.tokenLifetimeSeconds,
    getRoles: () => tenant.roles,
    clock,
    tokens,
  };
  const entra = createEntra({
    ...identity,
    baseUrl,
    getClientSecret: () => tenant.clientSecret,
    assertions: {
      certificates: settings.clientCertificates,
      federatedCredentials: settings.federatedCredentials,
    },
  });
  const blobs = createBlobStore({
    ...settings,
    organizationId: settings.tenantId,
    getHabits: () => habits,
    clock,
    spool,
  });
  const api = createDefenderApi({
    baseUrl,
    spelling: settings.spelling.paged,
    audiences: DEFENDER_RESOURCES,
    isLicensed: () => tenant.licensed,
    getHabits: () => habits,
    getUserGroups: () => tenant.userGroups,
    limits: settings.limits,
    skipTokenKey: settings.sasKey,
    clock,
    tokens,
    inventory,
    blobs,
    getNewestGeneration: generation,
    toGeneratedAtMs: (number) => settings.startAt + number * settings.exportIntervalMs,
  });
  const server = await startTenantServer({
    ...settings,
    clock,
    faults,
    findRoute: createRouter({
      entra,
      api,
      blobs,
      managedIdentity: (request) => answerManagedIdentity(identity, request),
    }),
  }).catch(async (error: unknown) => {
    await spool[Symbol.asyncDispose]();
    throw error;
  });
  url = settings.publicUrl ?? `http://${toUrlHost(settings.host)}:${server.port}`;
  let disposal: Promise<void> | undefined;

  return {
    url,
    environment: createEnvironment(settings, url),
    managedIdentityEnvironment: createManagedIdentityEnvironment(settings, url),
    calls: server.calls,
    enterpriseCertificates: inventory.enterprise.certificates.map((certificate) => certificate.toString()),
    now: clock.now,
    generation,
    advance: clock.advance,
    records: () => readRecords(inventory, generation()),
    prepare: async () => {
      const newest = inventory.getGeneration(generation());
      const total = { files: 0, records: 0, compressedBytes: 0, textBytes: 0 };
      // Two at a time: while one is compressed on a thread of the pool, the other is generated here.
      const waiting = newest.parts.values();
      const work = async (): Promise<void> => {
        for (const part of waiting) {
          const file = await spool.get(newest, part);
          total.files++;
          total.records += file.records;
          total.compressedBytes += file.sizeBytes;
          total.textBytes += file.textBytes;
        }
      };
      await Promise.all([work(), work()]);
      return total;
    },
    fail: faults.add,
    heal: faults.clear,
    change: ({ habits: changed, ...facts }) => {
      Object.assign(tenant, facts);
      habits = { ...habits, ...changed };
    },
    [Symbol.asyncDispose]: () => {
      disposal ??= server[Symbol.asyncDispose]().then(() => spool[Symbol.asyncDispose]());
      return disposal;
    },
  };
}

/** Names under which the tenant knows the Defender API. */
const DEFENDER_RESOURCES = [
  'https://api.securitycenter.microsoft.com',
  'https://api.security.microsoft.com',
  'https://securitycenter.onmicrosoft.com/windowsatpservice',
];
/** Another API of the tenant: its tokens are good, and not for Defender. */
const OTHER_RESOURCE = 'https://graph.microsoft.com';

function* readRecords(inventory: Inventory, number: number): Generator<SimulatedRecord> {
  const generation = inventory.getGeneration(number);
  for (let place = 0; place < generation.places; place++) yield* generation.describe(place);
}

/** A host to connect to where the one to listen on is "every address", and brackets for IPv6. */
function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function createEnvironment(settings: ResolvedOptions, url: string): Readonly<Record<string, string>> {
  return Object.freeze({
    AZURE_TENANT_ID: settings.tenantId,
    AZURE_CLIENT_ID: settings.clientId,
    AZURE_CLIENT_SECRET: settings.clientSecret,
    AZURE_AUTHORITY_HOST: url,
    DEFENDER_API_URL: url,
    DEFENDER_DOWNLOAD_HOSTS: new URL(url).host,
  });
}

function createManagedIdentityEnvironment(
  settings: ResolvedOptions,
  url: string,
): Readonly<Record<string, string>> {
  const { AZURE_CLIENT_SECRET: _, ...shared } = createEnvironment(settings, url);
  return Object.freeze({
    ...shared,
    AZURE_USE_MANAGED_IDENTITY: 'true',
    IDENTITY_ENDPOINT: `${url}/msi/token`,
    IDENTITY_HEADER: settings.identityHeader,
  });
}
