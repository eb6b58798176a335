/** Where a result comes from: figures of two machines, or of two versions of Node, are not to be compared. */

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { describePeers } from './peers.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  /** Of the libraries that peers come from. */
  readonly peers: Readonly<Record<string, string>>;
  /** Commit of the gateway; `null` outside of a clone. `+` = with changes. */
  readonly revision: string | null;
  /** Processes that wanted to run in the last minute, before the benchmark: much above 0 spoils the figures. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    peers: { ...describePeers(), sqlite: process.versions.sqlite ?? 'unknown' },
    revision: findRevision(),
    loadBefore: loadavg()[0]!,
  };
}

function findRevision(): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    return (
      git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain').trim() === '' ? '' : '+')
    );
  } catch {
    return null;
  }
}
