/**
 * The benchmarks of the gateway: `npm run bench [-- name …]`.
 *
 * Each checks its answer before it times anything, runs everything that it compares in one go on one machine, and
 * reports ratios beside figures: the machines are noisy, their ratios less so.
 */

import { runEngineBenchmark } from './engine.ts';
import { runRefreshBenchmark } from './refresh.ts';

const BENCHMARKS: Readonly<Record<string, (write: (line: string) => void) => Promise<void>>> = {
  refresh: runRefreshBenchmark,
  engine: runEngineBenchmark,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(
    `No benchmark ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}.\n`,
  );
  process.exitCode = 64;
} else {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  write(`Node ${process.version}, ${process.platform} ${process.arch}`);
  for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) await BENCHMARKS[name]!(write);
}
