/**
 * The first snapshot of the demo, as it comes: a progress line on a terminal, plain lines elsewhere, and where
 * to look when it is there.
 */

import type { WriteStream } from 'node:tty';
import ora from 'ora';
import type { App } from './app.ts';

export interface DemoProgressOptions {
  readonly app: Pick<App, 'status' | 'whenRunEnds'>;
  readonly url: string;
  readonly stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };
}

const REDRAW_MS = 100;

/** Starts to follow; ends by itself with the first run. Never throws. */
export async function followFirstSnapshot({ app, url, stream }: DemoProgressOptions): Promise<void> {
  stream.write(`A simulated tenant and the gateway over it are running on ${url}\n`);
  const spinner =
    stream.isTTY === true
      ? ora({ text: 'Reading the first export', stream: stream as WriteStream }).start()
      : undefined;
  const redraw = setInterval(() => {
    if (spinner !== undefined) spinner.text = describeProgress(app.status());
  }, REDRAW_MS);
  redraw.unref();
  const run = await app.whenRunEnds();
  clearInterval(redraw);
  const isPublished = run.outcome === 'PUBLISHED';
  const outcome = isPublished
    ? `The first snapshot is served: ${run.progress.recordsRead.toLocaleString('en')} records.`
    : `The first snapshot could not be made: ${run.failure?.message ?? run.outcome}`;
  if (spinner === undefined) stream.write(`${outcome}\n`);
  else if (isPublished) spinner.succeed(outcome);
  else spinner.fail(outcome);
  stream.write(`Open ${url}/ for the playground; stop with Ctrl+C.\n`);
}

function describeProgress({ phase, currentRun }: ReturnType<App['status']>): string {
  if (currentRun === null) return 'Waiting for the first export';
  const { filesDone, filesTotal, recordsRead } = currentRun.progress;
  const files = filesTotal === null ? '' : `, ${filesDone} of ${filesTotal} files`;
  return `${phase.toLowerCase()}: ${recordsRead.toLocaleString('en')} records${files}`;
}
