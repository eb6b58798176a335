/**
 * The process: arguments, environment, signals, exit code. Nothing else touches `process`.
 *
 *   node src/main.ts             the gateway for a real tenant
 *   node src/main.ts demo        a simulated tenant, and the gateway over it
 *   node src/main.ts check       whether the tenant can be reached with these settings
 *   node src/main.ts refused     the refused snapshot that is kept aside, and leave to publish it
 *   node src/main.ts simulator   the simulated tenant alone
 *
 * Exit codes are those of sysexits.h where they fit: 64 usage, 69 unavailable, 70 internal, 78 configuration.
 */

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type App, checkConnection, createApp, describeFailure } from './app.ts';
import { type Config, parseConfig } from './config/config.ts';
import { ConfigurationError, formatFaults } from './config/faults.ts';

const EXIT = { ok: 0, failed: 1, usage: 64, internal: 70, configuration: 78 } as const;

/** In-flight requests get this long after the first signal; less than the 30 s of Kubernetes. */
const GRACE_MS = 20_000;
/** If stopping hangs on something unforeseen, the process ends anyway. */
const LAST_RESORT_MS = GRACE_MS + 5_000;

/** Enough for every question of the playground to have an answer, few enough to be read in a second or two. */
const DEMO_DEVICES = 500;

/** What the store keeps in `DATA_DIR`; nothing else there is the demo's to remove. */
const STORE_FOLDERS = ['cache', 'calls', 'chunks'];

const CHECK_TITLES = {
  TOKEN: 'Token',
  PAGED: 'Paged endpoint',
  EXPORT: 'Export listing',
  FILE: 'Export file',
} as const;

const PARENT_CHECK_MS = 250;
const ALIVE_MS = 60_000;

const USAGE = `Usage: node src/main.ts [demo | check | refused [publish] | simulator [options]]
  without a command   start the gateway (npm start)
  demo                start a simulated tenant and the gateway over it (npm run demo)
  check               check the connection to the tenant (npm run check)
  refused             show a refused snapshot, or have it published (npm run refused)
  simulator           start the simulated tenant alone (npm run simulator -- --help)`;

/** Whoever read the output has enough of it: `npm run simulator -- --faults | head`. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

const writeLine = (line: string): void => void process.stdout.write(`${line}\n`);
const writeError = (line: string): void => void process.stderr.write(`${line}\n`);

/** Aborted by the first SIGINT or SIGTERM, or when npm is gone; a second signal ends the process at once. */
function watchSignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
      stop.abort();
    });
  }
  stop.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(EXIT.internal), LAST_RESORT_MS).unref();
  });
  if (process.env.npm_lifecycle_event !== undefined) stopWithParent(stop);
  return stop.signal;
}

/** npm passes no signal on: when it is told to stop, it leaves its script running, without the shell that started it. */
function stopWithParent(stop: AbortController): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop.abort();
  }, PARENT_CHECK_MS);
  watch.unref();
}

async function run(command: string | undefined, args: readonly string[]): Promise<number> {
  switch (command) {
    case undefined:
      return await serve(parseConfig(process.env, process));
    case 'demo':
      return await runDemo(args);
    case 'check':
      return await runCheck(parseConfig(process.env, process));
    case 'refused':
      return await runRefused(args);
    case 'simulator': {
      const { runSimulatorCommand } = await import('./simulator/command.ts');
      return await runSimulatorCommand(args, { writeLine, writeError, signal: watchSignals() });
    }
    default:
      writeError(`There is no command ${command}.\n${USAGE}`);
      return EXIT.usage;
  }
}

/** Serves until a signal comes; a request that was accepted by then is answered. */
async function serve(config: Config, onStarted?: (app: App, url: string) => void): Promise<number> {
  const signal = watchSignals();
  let isReloadWanted = false;
  let reloadPolicy = async (): Promise<void> => {
    isReloadWanted = true;
  };
  // Where there is no policy the signal does what it always does: it ends the process with its terminal.
  if (config.auth.mode === 'entra') process.on('SIGHUP', () => void reloadPolicy());
  const app = await createApp(config);
  reloadPolicy = app.reloadPolicy;
  // The policy is read first of all; what restores a snapshot after that may take a while.
  if (isReloadWanted) await reloadPolicy();
  try {
    const { url } = await app.start();
    onStarted?.(app, url);
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return EXIT.ok;
  } finally {
    await app.stop({ graceMs: GRACE_MS });
  }
}

/** The gateway over a simulated tenant: no account, no network. Its data, in `DATA_DIR/demo`, starts anew each time. */
async function runDemo(args: readonly string[]): Promise<number> {
  const { parseSimulatorArguments } = await import('./simulator/command.ts');
  const { createSimulator } = await import('./simulator/simulator.ts');
  const { followFirstSnapshot } = await import('./demo-progress.ts');
  const parsed = parseSimulatorArguments(args);
  if (parsed.kind !== 'options') {
    const faults = parsed.kind === 'faults' ? parsed.faults : [];
    for (const fault of faults) writeError(`  ${fault}`);
    writeError(
      'Usage: npm run demo -- [--devices <n>] [--seed <n>] …: the options of `npm run simulator -- --help`',
    );
    return parsed.kind === 'help' ? EXIT.ok : EXIT.usage;
  }
  const { HOST, PORT, WORKERS, REFRESH_THREADS, LOG_LEVEL } = process.env;
  const dataDir = join(process.env.DATA_DIR || './data', 'demo');
  await using simulator = await createSimulator({ devices: DEMO_DEVICES, ...parsed.options });
  const environment = {
    ...simulator.environment,
    HOST,
    PORT,
    WORKERS,
    REFRESH_THREADS,
    LOG_LEVEL: LOG_LEVEL || (process.stdout.isTTY ? 'warn' : 'info'),
    DATA_DIR: dataDir,
  };
  const config = parseConfig(environment, process);
  await tryAddress(config.http);
  for (const folder of STORE_FOLDERS) await rm(join(dataDir, folder), { recursive: true, force: true });
  return await serve(config, (app, url) => followFirstSnapshot({ app, url, stream: process.stdout }));
}

/** Fails where the gateway could not listen: before the store of a demo that runs already is taken from it. */
async function tryAddress({ host, port }: Config['http']): Promise<void> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  server.close();
  await once(server, 'close');
}

/** What was refused, or leave to publish it. */
async function runRefused(args: readonly string[]): Promise<number> {
  const { runRefusedCommand } = await import('./refused-command.ts');
  // A store that is away is waited for, and a wait alone keeps no process alive.
  using _alive = setInterval(() => {}, ALIVE_MS);
  const config = parseConfig(process.env, process);
  const result = await runRefusedCommand(args, config, { writeLine, writeError });
  return { done: EXIT.ok, nothing: EXIT.failed, usage: EXIT.usage }[result];
}

/** A line per step, with a tick or with what to do. */
async function runCheck(config: Config): Promise<number> {
  const signal = watchSignals();
  const used = { EXPORT: 0, PAGED: 0 };
  let failures = 0;
  // Between two tries nothing is open, and a wait alone keeps no process alive.
  using _alive = setInterval(() => {}, ALIVE_MS);
  for await (const step of checkConnection(config, signal, writeLine)) {
    writeLine(`${step.ok ? '✓' : '✗'} ${CHECK_TITLES[step.name]}: ${step.message}`);
    used.EXPORT += step.callsUsed.EXPORT;
    used.PAGED += step.callsUsed.PAGED;
    if (!step.ok) failures += 1;
  }
  writeLine(
    `Calls used: ${used.EXPORT} of the export budget (5 a minute, 20 an hour), ${used.PAGED} of the paged budget (30 a minute, 1,000 an hour).`,
  );
  writeLine(
    failures === 0
      ? 'All checks passed: npm start will work.'
      : 'Not ready: see above what to do, then run npm run check again.',
  );
  return failures === 0 ? EXIT.ok : EXIT.failed;
}

try {
  process.exitCode = await run(process.argv[2], process.argv.slice(3));
} catch (error) {
  if (error instanceof ConfigurationError) {
    writeError(formatFaults(error));
    process.exitCode = EXIT.configuration;
  } else {
    writeError(describeFailure(error));
    process.exitCode = EXIT.failed;
  }
}
