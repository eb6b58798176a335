/** The packages that the benchmarks compare with: which are asked for, and which are there. */

import { readFileSync } from 'node:fs';

export interface Peer {
  readonly name: string;
  /** The one version that this folder's package asks for. */
  readonly asked: string;
  readonly installed: string | undefined;
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package of the gateway itself that peers must share with it. */
const SHARED = 'file:';
const DUCKDB = '@duckdb/node-api';
/** Of the product, and compared with as they come. */
const OWN_PEERS = ['@apollo/server', 'graphql'];

export function listPeers(): readonly Peer[] {
  const { dependencies = {} } = readManifest('../package.json')!;
  return Object.entries(dependencies).map(([name, version]) => {
    const installed = readManifest(`../node_modules/${name}/package.json`)?.version;
    return { name, asked: version.startsWith(SHARED) ? readOwnVersion(name) : version, installed };
  });
}

/** Names and versions. */
export function describePeers(): Readonly<Record<string, string>> {
  const own = OWN_PEERS.map((name) => [name, readOwnVersion(name)]);
  const others = listPeers().map(({ name, asked }) => [name === DUCKDB ? 'duckdb' : name, asked]);
  return Object.fromEntries([...own, ...others]);
}

function readOwnVersion(name: string): string {
  return readManifest(`../../node_modules/${name}/package.json`)?.version ?? 'none';
}

function readManifest(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
