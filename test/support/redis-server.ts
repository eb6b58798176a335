/** A Redis server of its own for a test: on loopback, on a free port, keeping nothing. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { createClient, type RedisClientType } from '@redis/client';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Kills the server at once, as a crash would; it can be started again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it where it is: connections stay open, and nobody answers. */
  freeze(): void;
  thaw(): void;
}

/** @param path of the redis-server program */
export async function startRedisServer(path: string): Promise<RedisServer> {
  const port = await findFreePort();
  let child = await start(path, port);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    restart: async () => {
      child = await start(path, port);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  };
}

/** A server for all tests of a suite, and a client of it that sees what is stored. To be called in the suite; there with its tests. */
export function useRedisServer(path: string): {
  readonly server: RedisServer;
  readonly raw: RedisClientType;
} {
  let server: RedisServer;
  let raw: RedisClientType;
  before(async () => {
    server = await startRedisServer(path);
    raw = createClient({ url: server.url });
    await raw.connect();
  });
  after(async () => {
    raw.destroy();
    await server[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server;
    },
    get raw() {
      return raw;
    },
  };
}

async function start(path: string, port: number): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(path, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error('redis-server ended before it was ready');
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  return address.port;
}
