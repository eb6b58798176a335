/**
 * The operator's command: what was refused and is kept aside, and leave to publish it all the same. It works beside a gateway
 * that runs, with the same settings: it reads the store, and writes one entry. It publishes nothing itself.
 */

import { composeRepository } from './compose-repository.ts';
import type { Config } from './config/config.ts';
import { systemClock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import type { RefusalReport } from './storage/refused-entries.ts';
import type { RefusedSnapshot } from './storage/refused-snapshots.ts';
import type { SnapshotRepository } from './storage/snapshot-repository.ts';
import { openStore } from './storage/store.ts';

/** Where the command writes, line by line. */
export interface RefusedCommandOutput {
  readonly writeLine: (line: string) => void;
  readonly writeError: (line: string) => void;
}

/** `done`: it did what was asked; `nothing`: there is nothing to publish; `usage`: no such argument. */
export type RefusedCommandResult = 'done' | 'nothing' | 'usage';

const USAGE = `Usage: npm run refused               show the refused snapshot that is kept aside
       npm run refused -- publish    have the gateway publish it all the same`;

const NONE = 'No refused snapshot is kept aside.';

const WHAT_NEXT = `A gateway that runs publishes it within a minute, without a call to Defender; one that is stopped, when it starts.
{ snapshot { revision publishedAt } refresh { lastRun { outcome } } } shows that it has. What is served until then stays in the
store as the previous snapshot, and new snapshots are compared with this one.`;

/**
 * @param args after the command's name
 * @throws `STORE_UNAVAILABLE` when the store cannot be read, or does not take the approval
 */
export async function runRefusedCommand(
  args: readonly string[],
  config: Config,
  output: RefusedCommandOutput,
): Promise<RefusedCommandResult> {
  const { writeLine, writeError } = output;
  const [action, ...rest] = args;
  if (rest.length > 0 || (action !== undefined && action !== 'publish')) {
    writeError(USAGE);
    return 'usage';
  }
  const log = createComplaints(writeError);
  await using store = await openStore({ ...config.storage, clock: systemClock, log });
  const repository = composeRepository(config, { store, clock: systemClock, log });
  const refused = await repository.findRefused();
  if (refused === undefined) {
    writeLine(NONE);
    return action === 'publish' ? 'nothing' : 'done';
  }
  if (action === 'publish') await publish(refused, repository, writeLine);
  else for (const line of describeRefused(refused)) writeLine(line);
  return 'done';
}

async function publish(
  { digest, report }: RefusedSnapshot,
  repository: SnapshotRepository,
  writeLine: (line: string) => void,
): Promise<void> {
  await repository.approveRefused(digest);
  writeLine(
    `The snapshot that was refused at ${toTime(report.refusedAtMs)} (${report.code}) may be published.`,
  );
  writeLine(WHAT_NEXT);
}

/** The report, as lines of plain text. What comes from records cannot steer a terminal. */
export function describeRefused({ manifest, report, approvedAtMs }: RefusedSnapshot): string[] {
  const { quality } = manifest;
  const { served } = report;
  const generated =
    manifest.generatedAtMs === null ? 'at a time not said' : `at ${toTime(manifest.generatedAtMs)}`;
  return [
    `A snapshot was refused at ${toTime(report.refusedAtMs)}, and is kept aside.`,
    '',
    `${report.code}: ${report.message}`,
    '',
    `Read from ${count(report.filesTotal)} ${manifest.source === 'EXPORT' ? 'export files' : 'pages'}, generated ${generated}.`,
    describeServed(served),
    '',
    toRow('', 'refused', 'served'),
    toRow('records', count(manifest.installationCount), count(served?.installationCount)),
    toRow('devices', count(manifest.deviceCount), count(served?.deviceCount)),
    toRow('certificates', count(manifest.certificateCount), count(served?.certificateCount)),
    '',
    `Records read: ${count(quality.recordsRead)}; malformed ${count(quality.recordsRejected)}, ` +
      `duplicate ${count(quality.duplicateRecords)}, conflicting ${count(quality.conflictingRecords)}.`,
    ...quality.rejections.flatMap(({ reason, count: rejected, samples }) => [
      `  ${reason}: ${count(rejected)}, for instance`,
      ...samples.map((sample) => `    ${toPrintable(sample)}`),
    ]),
    ...(quality.unknownColumns.length === 0
      ? []
      : [`Unknown columns: ${quality.unknownColumns.map(toPrintable).join(', ')}`]),
    '',
    ...(approvedAtMs === null
      ? ['To have it published all the same: npm run refused -- publish']
      : [`It was approved at ${toTime(approvedAtMs)}.`, WHAT_NEXT]),
  ];
}

function describeServed(served: RefusalReport['served']): string {
  return served === null
    ? 'Nothing was served when it was refused.'
    : `Served when it was refused: revision ${served.revision}, published at ${toTime(served.publishedAtMs)}.`;
}

function toRow(name: string, refused: string, served: string): string {
  return `  ${name.padEnd(14)}${refused.padStart(14)}${served.padStart(14)}`;
}

function count(number: number | undefined): string {
  return number === undefined ? '-' : number.toLocaleString('en');
}

function toTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function toPrintable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
}

/** What the store has to complain about; the error that follows from it, if any, is said by whoever catches it. */
function createComplaints(writeError: (line: string) => void): Logger {
  const complain = (_fields: unknown, message: string) => writeError(message);
  return { debug() {}, info() {}, warn: complain, error: complain };
}
