/** The folder in which a measured gateway keeps its data: made for a benchmark, gone with it. */

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StoreFolder extends AsyncDisposable {
  readonly path: string;
  sizeBytes(): Promise<number>;
}

export async function createStoreFolder(): Promise<StoreFolder> {
  const path = await mkdtemp(join(tmpdir(), 'gateway-bench-store-'));
  return {
    path,
    sizeBytes: async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const sizes = files.map(async (file) => (await stat(join(file.parentPath, file.name))).size);
      return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
