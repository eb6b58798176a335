/** Servers to measure: each is a module that serves in a process of its own until the benchmark has done with it. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StartedServer extends AsyncDisposable {
  /** Of the endpoint. */
  readonly url: string;
  readonly processId: number;
}

type Reply = { readonly url: string } | { readonly failure: string };

/**
 * Starts a server and waits until it listens.
 *
 * @param module the server's file
 * @param input anything that a structured clone carries
 * @throws Error with the server's stack when it cannot start
 */
export async function startServer(module: URL, input: object): Promise<StartedServer> {
  const child = fork(module, {
    serialization: 'advanced',
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const ended = once(child, 'exit');
  const answered = once(child, 'message') as Promise<[Reply]>;
  child.send(input);
  const first = await Promise.race([answered, ended.then(([code]) => code as number | null)]);
  if (!Array.isArray(first)) throw new Error(`${module.pathname} ended with ${first} before it listened.`);
  const [reply] = first;
  if ('failure' in reply) {
    child.disconnect();
    throw new Error(`${module.pathname} cannot serve: ${reply.failure}`);
  }
  return {
    url: reply.url,
    processId: child.pid!,
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await ended;
    },
  };
}

/** What serves: its endpoint, and what must be ended with it beyond the process. */
interface Served {
  readonly url: string;
  readonly stop?: () => Promise<void>;
}

/** The other side: waits for the input, listens, and serves for as long as the benchmark is there. */
export function serveUntilTold<Input>(listen: (input: Input) => Promise<string | Served>): void {
  let stop: () => Promise<void> = async () => undefined;
  process.once('disconnect', () => void stop().finally(() => process.exit()));
  process.once('message', (input) => {
    void listen(input as Input).then(
      (served) => {
        if (typeof served !== 'string') stop = served.stop ?? stop;
        reply({ url: typeof served === 'string' ? served : served.url });
      },
      (error: unknown) => reply({ failure: error instanceof Error ? String(error.stack) : String(error) }),
    );
  });
}

function reply(message: Reply): void {
  process.send!(message);
}

const LOOPBACK = '127.0.0.1';

/** The address of a `node:http` server once it listens on a free port of this machine. */
export async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}
