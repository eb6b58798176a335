/**
 * `node src/main.ts` as a process of its own, with nothing of this process's environment in its own but the PATH.
 * A test waits for what it prints and for its end; one that is still running is killed when the test lets go of it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface GatewayProcess extends AsyncDisposable {
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the match once standard output has it; rejects when the process ends without. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Base address, once it listens: read from its log, so `LOG_LEVEL` must be info or lower. */
  waitForUrl(): Promise<string>;
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): void;
  /** Exit code, once everything it printed is read; `null` when a signal ended it. */
  readonly exit: Promise<number | null>;
}

export function startProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): GatewayProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const output = collect(child);

  async function waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(output.stdout());
      if (match !== null) return match;
      const isOver = await Promise.race([
        once(child.stdout!, 'data').then(() => false),
        exit.then(() => true),
      ]);
      if (isOver && !pattern.test(output.stdout())) {
        throw new Error(
          `The process ended without printing ${pattern}.\n${output.stdout()}${output.stderr()}`,
        );
      }
    }
  }

  return {
    ...output,
    waitFor,
    waitForUrl: async () => (await waitFor(/"event":"started","url":"([^"]+)"/))[1]!,
    kill: (signal) => void child.kill(signal),
    exit,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exit;
    },
  };
}

function collect(child: ChildProcess): Pick<GatewayProcess, 'stdout' | 'stderr'> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr };
}
