/**
 * One million records: from a local simulator to a published snapshot, and a restart from the stored one.
 *
 * us      the gateway as an operator starts it: sign-in, listing, download, gunzip, decode, build, validate, store
 * peer    the same files, downloaded and read line by line with `JSON.parse` into nothing, on one thread
 * limit   the same files, downloaded and gunzipped into nothing, on one thread
 */

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { askGateway, type StartedProcess, startMain } from './processes.ts';

const DEVICES = 10_000;
const MEBIBYTE = 1_048_576;

interface SnapshotAnswer {
  readonly snapshot: {
    readonly id: string;
    readonly revision: number;
    readonly installationCount: number;
  } | null;
  readonly refresh: {
    readonly phase: string;
    readonly lastRun: {
      readonly outcome: string;
      readonly startedAt: string;
      readonly finishedAt: string;
    } | null;
  };
}

const STATUS =
  '{ snapshot { id revision installationCount } refresh { phase lastRun { outcome startedAt finishedAt } } }';

export async function runRefreshBenchmark(write: (line: string) => void): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
  try {
    await using simulator = startMain(
      ['simulator', '--devices', String(DEVICES), '--no-limits', '--quirks', 'none'],
      {},
    );
    await simulator.waitForLine(/^Simulated Defender tenant on/);
    await simulator.waitForLine(/^DEFENDER_DOWNLOAD_HOSTS=/);
    const environment = readEnvironment(simulator.lines);
    const files = await listFiles(environment);
    await drain(files, (body) => body.pipe(createGunzip()));

    write(`\n## refresh: ${DEVICES.toLocaleString('en')} devices`);
    const limit = await measure(() => drain(files, (body) => body.pipe(createGunzip())));
    const peer = await measure(() => parseLines(files));
    const settings = {
      ...environment,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'info',
      REFRESH_INTERVAL: '1h',
    };
    const first = await startGateway(settings);
    const peakBytes = await first.gateway.readPeakBytes();
    await first.gateway[Symbol.asyncDispose]();
    const storedBytes = await measureFolder(dataDir);
    const second = await startGateway(settings);
    const restoredPeakBytes = await second.gateway.readPeakBytes();
    await second.gateway[Symbol.asyncDispose]();
    if (first.answer.snapshot?.id !== second.answer.snapshot?.id)
      throw new Error('The restart serves another snapshot.');
    if (first.answer.snapshot?.installationCount !== peer.value) {
      throw new Error(
        `The gateway has ${first.answer.snapshot?.installationCount} rows, the files ${peer.value}.`,
      );
    }

    const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
    write(`records                         ${peer.value.toLocaleString('en')}`);
    write(`limit: download and gunzip      ${seconds(limit.durationMs)}`);
    write(`peer: and JSON.parse            ${seconds(peer.durationMs)}`);
    write(
      `us: process start to published  ${seconds(first.durationMs)}  (${(first.durationMs / peer.durationMs).toFixed(2)} × peer, ${(first.durationMs / limit.durationMs).toFixed(2)} × limit)`,
    );
    write(`us: peak resident set           ${(peakBytes / MEBIBYTE).toFixed(0)} MiB`);
    write(`us: stored                      ${(storedBytes / MEBIBYTE).toFixed(0)} MiB`);
    write(
      `us: restart to served           ${seconds(second.durationMs)}  (refresh takes ${(first.durationMs / second.durationMs).toFixed(1)} × as long)`,
    );
    write(`us: peak resident set, restored ${(restoredPeakBytes / MEBIBYTE).toFixed(0)} MiB`);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureFolder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

function readEnvironment(lines: readonly string[]): Record<string, string> {
  const settings = lines.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(settings.map(([, name, value]) => [name!, value!]));
}

async function listFiles(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const token = await fetch(
    `${environment.AZURE_AUTHORITY_HOST}/${environment.AZURE_TENANT_ID}/oauth2/v2.0/token`,
    {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: environment.AZURE_CLIENT_ID!,
        client_secret: environment.AZURE_CLIENT_SECRET!,
        scope: 'https://api.securitycenter.microsoft.com/.default',
      }),
    },
  );
  const { access_token } = (await token.json()) as { access_token: string };
  const listing = await fetch(`${environment.DEFENDER_API_URL}/api/machines/certificateAssessmentExport`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  return ((await listing.json()) as { exportFiles: string[] }).exportFiles;
}

async function download(url: string): Promise<Readable> {
  const response = await fetch(url);
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

async function drain(urls: readonly string[], through: (body: Readable) => Readable): Promise<number> {
  let bytes = 0;
  for (const url of urls)
    for await (const chunk of through(await download(url))) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Distinct (DeviceId, Thumbprint, Path), so that the answer of the gateway can be compared. */
async function parseLines(urls: readonly string[]): Promise<number> {
  let records = 0;
  for (const url of urls) {
    const lines = createInterface({ input: (await download(url)).pipe(createGunzip()) });
    for await (const line of lines) {
      const record = JSON.parse(line) as { DeviceId?: string };
      if (record.DeviceId !== undefined) records += 1;
    }
  }
  return records;
}

async function measure<Value>(work: () => Promise<Value>): Promise<{ value: Value; durationMs: number }> {
  const start = performance.now();
  const value = await work();
  return { value, durationMs: performance.now() - start };
}

async function startGateway(
  settings: Readonly<Record<string, string>>,
): Promise<{ gateway: StartedProcess; answer: SnapshotAnswer; durationMs: number }> {
  const start = performance.now();
  const gateway = startMain([], settings);
  const [, url] = await gateway.waitForLine(/"event":"started","url":"([^"]+)"/);
  let answer = await askGateway<SnapshotAnswer>(url!, STATUS);
  if (answer.snapshot === null) {
    await gateway.waitForLine(/"event":"refresh_finished"/);
    answer = await askGateway<SnapshotAnswer>(url!, STATUS);
  }
  if (answer.snapshot === null) throw new Error(`No snapshot: ${JSON.stringify(answer.refresh)}`);
  return { gateway, answer, durationMs: performance.now() - start };
}
