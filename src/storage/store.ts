/**
 * The store behind the gateway, on disk or in Redis: small entries through Keyv, binary chunks beside them.
 *
 *   DATA_DIR/cache/<namespace>/   entries     or  Redis  defender-certificate-gateway:<namespace>::<key>
 *   DATA_DIR/chunks/              chunks      or  Redis  defender-certificate-gateway:chunk:<digest>
 *   DATA_DIR/calls/<scope>/       call times  or  Redis  defender-certificate-gateway:calls:{<scope>}:<endpoint>
 *                                 rates           Redis  defender-certificate-gateway:rates:<digest of a caller>
 *
 * "Missing" and "cannot be read" differ everywhere: a failure is a `GatewayError` with `STORE_UNAVAILABLE`
 * or `STORE_CORRUPT`, thrown by Keyv too. A folder is for one gateway at a time, but for the call times; Redis may be
 * shared.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import type { Clock } from '../core/clock.ts';
import { invariant } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RateAmounts, RateLimiter } from '../core/rates.ts';
import { SECOND_MS } from '../core/units.ts';
import { createPrivateFolder, listFolder, listTemporaryFiles, removeFiles } from './atomic-file.ts';
import type { CallRecordStore } from './call-records.ts';
import { type ChunkStore, createChunkStore } from './chunk-store.ts';
import { createDiskCallRecords } from './disk-call-records.ts';
import { createDiskChunkMedium } from './disk-chunk-medium.ts';
import { DiskStore } from './disk-store.ts';
import { createFallbackCallRecords } from './fallback-call-records.ts';
import { createRedisCallRecords } from './redis-call-records.ts';
import { createRedisChunkMedium } from './redis-chunk-medium.ts';
import { connectRedis, type RedisConnection } from './redis-connection.ts';
import { createRedisRates } from './redis-rates.ts';
import { RedisStore } from './redis-store.ts';
import { diskUnavailable } from './store-errors.ts';

export interface StoreOptions {
  /** Folder of the store on disk; created when missing. With `cacheUrl` only calls are recorded there, while Redis cannot. */
  readonly dataDir: string;
  /** `redis://` or `rediss://`; `undefined`: disk. */
  readonly cacheUrl: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Store extends AsyncDisposable {
  /** Whether other gateways may use the same store at the same time. */
  readonly isShared: boolean;
  /** The chunks of snapshots. */
  readonly chunks: ChunkStore;
  /**
   * The Keyv of a namespace, the same one each time. Its calls reject with the store's errors.
   *
   * @param namespace lower-case letters, digits and hyphens
   */
  keyValue(namespace: string): Keyv;
  /**
   * When calls to an upstream service were made.
   *
   * @param scope names of the application and the service whose calls count together; no secrets
   */
  callRecords(scope: readonly string[]): CallRecordStore;
  /**
   * The rates of callers as all who share the store count them, over a connection of their own; once. `null` on disk, where
   * nobody shares. Its `take` rejects within a second when Redis does not take.
   */
  openRates(limits: RateAmounts): Promise<RateLimiter | null>;
  /**
   * Removes expired entries and what interrupted writes left behind; returns how many. Redis does so itself. On disk
   * that is every temporary file which was there already when this store was opened, or is an hour old: for whoever
   * has the folder to himself.
   */
  removeLeftovers(): Promise<number>;
}

const COMMAND_TIMEOUT_MS = 5 * SECOND_MS;
/** Every request waits for this one, and need not: it can be counted in the process instead. */
const RATE_TIMEOUT_MS = SECOND_MS;
/** A chunk is up to 8 MiB: long enough for a slow link. */
const CHUNK_TIMEOUT_MS = 30 * SECOND_MS;
/** Of a SHA-256: as unlikely to be another's as a random UUID. */
const SCOPE_DIGITS = 32;

/**
 * Opens the store. With Redis it also resolves while Redis is away: commands then fail until it is back.
 *
 * @throws GatewayError `STORE_UNAVAILABLE` when the folder cannot be created
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  return options.cacheUrl === undefined
    ? await openDiskStore(options)
    : await openRedisStore({ ...options, cacheUrl: options.cacheUrl });
}

async function openDiskStore({ dataDir, clock, log }: StoreOptions): Promise<Store> {
  const cacheFolder = join(dataDir, 'cache');
  const chunkFolder = join(dataDir, 'chunks');
  try {
    await createPrivateFolder(cacheFolder);
    await createPrivateFolder(chunkFolder);
  } catch (error) {
    throw diskUnavailable('creating its folders', error);
  }
  const medium = createDiskChunkMedium({ folder: chunkFolder, clock });
  const leftBehind = await findLeftBehind(cacheFolder, chunkFolder).catch((error: unknown) => {
    log.warn({ err: error }, 'the folders of the store cannot be listed');
    return [];
  });
  return {
    isShared: false,
    chunks: createChunkStore(medium),
    keyValue: memoizeNamespace((namespace) => {
      const adapter = new DiskStore({ folder: join(cacheFolder, namespace), clock });
      const keyv = new Keyv(adapter, { namespace, throwOnErrors: true });
      // Keyv iterates over the dialects that it knows; ours has an iterator too.
      keyv.iterator = keyv.generateIterator((prefix: string) => adapter.iterator(prefix));
      return keyv;
    }),
    callRecords: (scope) => createDiskCallRecords({ folder: toCallFolder(dataDir, scope), clock }),
    openRates: async () => null,
    removeLeftovers: async () => {
      let removed = await removeLeftBehind(leftBehind);
      removed += await medium.removeAbandoned();
      for (const namespace of await listNamespaces(cacheFolder)) {
        removed += await new DiskStore({ folder: join(cacheFolder, namespace), clock }).removeExpired();
      }
      return removed;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Temporary files of a process that has ended: whoever opens the store has not begun to write. */
async function findLeftBehind(cacheFolder: string, chunkFolder: string): Promise<readonly string[]> {
  const folders = [
    chunkFolder,
    ...(await listNamespaces(cacheFolder)).map((name) => join(cacheFolder, name)),
  ];
  return (await Promise.all(folders.map(listTemporaryFiles))).flat();
}

async function removeLeftBehind(paths: readonly string[]): Promise<number> {
  try {
    return await removeFiles(paths);
  } catch (error) {
    throw diskUnavailable('removing temporary files', error);
  }
}

async function listNamespaces(cacheFolder: string): Promise<readonly string[]> {
  try {
    return (await listFolder(cacheFolder)).filter(isNamespace);
  } catch (error) {
    throw diskUnavailable('listing its folders', error);
  }
}

async function openRedisStore(options: StoreOptions & { cacheUrl: string }): Promise<Store> {
  const { cacheUrl, dataDir, clock, log } = options;
  const shared = { url: cacheUrl, clock, log };
  const [entries, binary] = await Promise.all([
    connectRedis({ ...shared, name: 'certificate-gateway', timeoutMs: COMMAND_TIMEOUT_MS }),
    connectRedis({ ...shared, name: 'certificate-gateway-chunks', timeoutMs: CHUNK_TIMEOUT_MS }),
  ]);
  const connections: RedisConnection[] = [entries, binary];
  return {
    isShared: true,
    chunks: createChunkStore(createRedisChunkMedium(binary)),
    keyValue: memoizeNamespace(
      (namespace) =>
        new Keyv(new RedisStore({ connection: entries, namespace }), {
          namespace,
          // The adapter prefixes the keys itself.
          useKeyPrefix: false,
          throwOnErrors: true,
        }),
    ),
    callRecords: (scope) =>
      createFallbackCallRecords({
        first: createRedisCallRecords({ connection: entries, scope: toScopeName(scope) }),
        second: createDiskCallRecords({ folder: toCallFolder(dataDir, scope), clock }),
        log,
      }),
    openRates: async (limits) => {
      const connection = await connectRedis({
        ...shared,
        name: 'certificate-gateway-rates',
        timeoutMs: RATE_TIMEOUT_MS,
        firstAttemptMs: RATE_TIMEOUT_MS,
      });
      connections.push(connection);
      return createRedisRates({ connection, limits });
    },
    removeLeftovers: async () => 0,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.close();
    },
  };
}

function toCallFolder(dataDir: string, scope: readonly string[]): string {
  return join(dataDir, 'calls', toScopeName(scope));
}

/** A word that is fit for a file name and a key, whatever the names hold. */
function toScopeName(names: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, SCOPE_DIGITS);
}

/** One Keyv a namespace: Keyv tells its adapter the namespace, so two of them cannot share one. */
function memoizeNamespace(create: (namespace: string) => Keyv): (namespace: string) => Keyv {
  const opened = new Map<string, Keyv>();
  return (namespace) => {
    invariant(isNamespace(namespace), 'A namespace must be lower-case letters, digits and hyphens.');
    const keyv = opened.get(namespace) ?? create(namespace);
    opened.set(namespace, keyv);
    return keyv;
  };
}

function isNamespace(text: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(text);
}
