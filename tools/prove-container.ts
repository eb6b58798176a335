/**
 * Follows the Dockerfile where there is no Docker: each stage in an empty folder, only the files that
 * .dockerignore lets in, production libraries by `npm ci`, and then the entry point as a user that may write
 * nothing but the data folder. Proves that it becomes healthy, serves data pulled from a simulated tenant,
 * passes its own health check, and ends with code 0 on the stop signal, leaving its files untouched.
 *
 * Usage: node tools/prove-container.ts. Exit code 0 only if all of it holds.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Instruction, parseDockerfile, type Stage } from './dockerfile.ts';

const context = fileURLToPath(new URL('../', import.meta.url));
/** `nobody`, when this runs as root: a user to whom the image's files are read-only. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const DEADLINE_MS = 120_000;
const POLL_MS = 100;
const PORT = '4173';

assert.ok(process.version.startsWith('v24.'), `the image has Node 24, this is ${process.version}`);
const scratch = mkdtempSync(join(tmpdir(), 'container-'));
chmodSync(scratch, 0o755);
const children: ChildProcess[] = [];
try {
  await prove();
} finally {
  for (const child of children) child.kill('SIGKILL');
  spawnSync('chmod', ['-R', 'u+w', scratch]);
  rmSync(scratch, { recursive: true, force: true });
}

async function prove(): Promise<void> {
  const stages = parseDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'));
  const gateway = stages.at(-1) as Stage;
  say(`following the Dockerfile's stage ${gateway.name}`);
  buildStage(gateway, stages);

  const root = join(scratch, gateway.name);
  const dataFolder = join(scratch, 'data');
  mkdirSync(dataFolder, { mode: 0o700 });
  if (UNPRIVILEGED.uid !== undefined) chownSync(dataFolder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  const workingFolder = join(root, findWorkingFolder(gateway));
  spawnSync('chmod', ['-R', 'a-w,a+rX', root]);
  const before = listFiles(root);

  const simulated = await startSimulator();
  const environment = {
    PATH: `${installNode()}:/usr/bin:/bin`,
    ...environmentOf(gateway),
    ...simulated,
    HOST: '127.0.0.1',
    PORT,
    DATA_DIR: dataFolder,
  };
  const run = { cwd: workingFolder, env: environment, ...UNPRIVILEGED };

  const [program = '', ...args] = commandOf(gateway, 'entrypoint');
  const running = spawn(program, args, { ...run, stdio: 'inherit' });
  children.push(running);
  const url = `http://127.0.0.1:${PORT}`;
  await becomes(`${url}/health/live`, running);
  say('alive');
  const [check = '', ...checkArgs] = commandOf(gateway, 'healthcheck');
  assert.equal(spawnSync(check, checkArgs, { ...run, stdio: 'inherit' }).status, 0, 'the health check fails');
  say('the health check passes');
  await becomes(`${url}/health/ready`, running);
  const count = await countCertificates(url);
  assert.ok(count > 0, 'the snapshot holds no certificate');
  say(`ready, with ${count} certificates of the simulated tenant`);

  const exited = once(running, 'exit');
  running.kill(signalOf(gateway));
  const [code, signal] = (await Promise.race([
    exited,
    delay(DEADLINE_MS, ['still running'], { ref: false }),
  ])) as unknown[];
  assert.deepEqual([code, signal], [0, null], 'the stop signal must end the process with code 0');
  const afterwards = spawnSync(check, checkArgs, { ...run, stdio: 'ignore' });
  assert.notEqual(afterwards.status, 0, 'the health check passes without a gateway');
  assert.deepEqual(listFiles(root), before, 'the gateway wrote outside of its data folder');
  say('stopped in order, and wrote nothing outside of its data folder');
}

/** The base image's part: this Node, where an unprivileged user can run it. */
function installNode(): string {
  const folder = join(scratch, 'bin');
  mkdirSync(folder);
  cpSync(process.execPath, join(folder, 'node'));
  return folder;
}

/** Builds a stage, and before it the stages that it copies from. */
function buildStage(stage: Stage, stages: readonly Stage[]): void {
  const root = join(scratch, stage.name);
  if (existsSync(root)) return;
  mkdirSync(root);
  let folder = root;
  for (const instruction of stage.instructions) {
    if (instruction.kind === 'workdir') {
      folder = join(root, instruction.path);
      mkdirSync(folder, { recursive: true });
    } else if (instruction.kind === 'copy') {
      copy(instruction, folder, stages);
    } else if (instruction.kind === 'run') {
      runStep(instruction.command, folder);
    }
  }
}

function copy(
  { from, sources, target }: Extract<Instruction, { kind: 'copy' }>,
  folder: string,
  stages: readonly Stage[],
): void {
  const other = stages.find(({ name }) => name === from);
  if (other !== undefined) buildStage(other, stages);
  const admitted = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n');
  for (const source of sources) {
    if (other === undefined) assert.ok(admitted.includes(`!${source}`), `.dockerignore keeps ${source} out`);
    const origin = other === undefined ? join(context, source) : join(scratch, other.name, source);
    const destination = resolve(folder, target, target.endsWith('/') ? source : '.');
    mkdirSync(dirname(destination), { recursive: true });
    cpSync(origin, destination, { recursive: true, verbatimSymlinks: true });
  }
}

/** Installations are run as they are; a step that prepares the image's own system has nothing to act on here. */
function runStep(command: string, cwd: string): void {
  if (command.startsWith('install --directory ')) return;
  assert.ok(command.startsWith('npm ci'), `a step that this proof cannot follow: RUN ${command}`);
  say(command);
  const { status } = spawnSync('sh', ['-c', command], { cwd, stdio: 'inherit' });
  assert.equal(status, 0, `RUN ${command} failed`);
}

/** Starts the simulated tenant from the working tree, and reads from its output the settings that lead to it. */
async function startSimulator(): Promise<Record<string, string>> {
  const args = ['src/main.ts', 'simulator', '--devices', '20', '--port', '0'];
  const simulator = spawn(process.execPath, args, { cwd: context, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(simulator);
  const settings: Record<string, string> = {};
  for await (const line of createInterface({ input: simulator.stdout })) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) settings[name] = value;
    if (name === 'DEFENDER_DOWNLOAD_HOSTS') return settings;
  }
  throw new Error('The simulator ended before it said how to reach it.');
}

async function becomes(url: string, running: ChildProcess): Promise<void> {
  for (let leftMs = DEADLINE_MS; leftMs > 0; leftMs -= POLL_MS) {
    assert.equal(running.exitCode, null, 'the gateway ended by itself');
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await delay(POLL_MS);
  }
  assert.fail(`${url} did not answer 200 in ${DEADLINE_MS} ms`);
}

async function countCertificates(url: string): Promise<number> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ certificates(first: 0) { totalCount } }' }),
  });
  const { data } = (await answer.json()) as { data: { certificates: { totalCount: number } } };
  return data.certificates.totalCount;
}

function commandOf(stage: Stage, kind: 'entrypoint' | 'healthcheck'): readonly string[] {
  const found = stage.instructions.find((one) => one.kind === kind);
  assert.ok(found !== undefined && 'command' in found && typeof found.command !== 'string', `no ${kind}`);
  return found.command;
}

function environmentOf({ instructions }: Stage): Record<string, string> {
  return Object.assign({}, ...instructions.map((one) => (one.kind === 'environment' ? one.values : {})));
}

function findWorkingFolder({ instructions }: Stage): string {
  return instructions.reduce((folder, one) => (one.kind === 'workdir' ? one.path : folder), '/');
}

function signalOf({ instructions }: Stage): NodeJS.Signals {
  const found = instructions.find((one) => one.kind === 'stopsignal');
  return (found !== undefined && 'value' in found ? found.value : 'SIGTERM') as NodeJS.Signals;
}

/** Every file with its size and time of change. */
function listFiles(root: string): string {
  return spawnSync('find', [root, '-printf', '%P %s %T@\n'], { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;
}

function say(text: string): void {
  process.stdout.write(`container: ${text}\n`);
}
