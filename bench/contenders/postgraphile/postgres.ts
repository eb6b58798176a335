/**
 * PostgreSQL for the length of a benchmark: a cluster of its own in a temporary folder, reached over a socket in it, with
 * nothing written for the sake of durability. It refuses to run as root, and is then run as the user of its package.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Postgres extends AsyncDisposable {
  /** Where its socket is. */
  readonly socketFolder: string;
  /** A folder that it can read. */
  readonly folder: string;
  readonly version: string;
}

export const POSTGRES_USER = 'postgres';

/** Where Debian's package keeps its programs, a folder for each version. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';
const PROGRAMS = ['initdb', 'postgres'];
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '1GB',
  effective_cache_size: '4GB',
  work_mem: '64MB',
  maintenance_work_mem: '512MB',
  max_wal_size: '4GB',
  random_page_cost: '1.1',
  // Its compiler is for queries of seconds.
  jit: 'off',
};

/** The folder of its programs, or `undefined` when it is not installed. */
export function findPostgres(): string | undefined {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const newestFirst = versions.sort((left, right) => Number(right) - Number(left));
  const folders = [
    ...newestFirst.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => PROGRAMS.every((program) => existsSync(join(folder, program))));
}

/** @param programs as found by {@link findPostgres} */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-postgres-'));
  const data = join(folder, 'data');
  const owner = findOwner();
  const stop = async (child?: ChildProcess): Promise<void> => {
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(data);
    if (owner !== undefined) {
      for (const path of [folder, data]) await chown(path, owner.uid, owner.gid);
    }
    const options = { cwd: folder, ...owner };
    const initialize = ['--pgdata', data, '--username', POSTGRES_USER, '--encoding', 'UTF8', '--locale', 'C'];
    execFileSync(join(programs, 'initdb'), [...initialize, '--no-sync'], { ...options, stdio: 'pipe' });
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: folder });
    const child = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await waitUntilReady(child, folder).catch(async (error: unknown) => {
      await stop(child);
      throw error;
    });
    return {
      socketFolder: folder,
      folder,
      version: execFileSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' }).trim(),
      [Symbol.asyncDispose]: () => stop(child),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whom to run it as; `undefined` = whoever runs the benchmark. */
function findOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, POSTGRES_USER], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Its socket is there when it takes connections, or is about to. */
async function waitUntilReady(child: ChildProcess, folder: string): Promise<void> {
  const socket = join(folder, '.s.PGSQL.5432');
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  for (let waitedMs = 0; !existsSync(socket); waitedMs += POLL_MS) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}: ${said}`);
    if (waitedMs > START_TIMEOUT_MS) throw new Error('PostgreSQL does not take connections.');
    await delay(POLL_MS);
  }
}
