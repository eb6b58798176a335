/**
 * The files that all contenders read: gzip JSON Lines of a simulated fleet, and the same records as pages of the
 * paged endpoint, written once per size into a cache folder and kept there.
 *
 * The data is a function of the number of records: same seed, same day, no quirks. About 860 bytes a record, a
 * tenth as many distinct certificates as records, a hundred records a device.
 */

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WrittenFile } from './write-files.ts';

export type FileKind = 'export' | 'pages';

/** Raised when the files of the same size would come out otherwise; older caches are then not read. */
const CACHE_VERSION = 1;
const RECORDS_PER_DEVICE = 100;
/** Each of the eight groups of devices has at least one file of its own; big ones have several. */
const FILES_ABOUT = 16;
const LARGEST_FILE_RECORDS = 250_000;
/** `PAGE_SIZE` as it is by default. */
const RECORDS_PER_PAGE = 50_000;
const MANIFEST = 'manifest.json';

export interface InventoryFiles {
  readonly folder: string;
  /** Absolute, in the order of the export. */
  readonly paths: readonly string[];
  readonly records: number;
  /** Of all files together. */
  readonly textBytes: number;
  readonly gzipBytes: number;
}

/** What the generating threads are told. */
export interface WritingTask {
  readonly kind: FileKind;
  readonly folder: string;
  readonly devices: number;
  readonly recordsPerDevice: number;
  readonly recordsPerFile: number;
  /** This thread writes the files whose number leaves this remainder. */
  readonly remainder: number;
  readonly threads: number;
}

export interface FilesOptions {
  readonly cacheFolder: string;
  /** About: the fleet has a hundredth as many devices, which hold 85 to 115 records each. */
  readonly records: number;
  readonly threads: number;
  readonly write: (line: string) => void;
}

/** The files of a size, written first when they are not there. Ten million records take a minute and a gigabyte. */
export async function prepareFiles(kind: FileKind, options: FilesOptions): Promise<InventoryFiles> {
  const { cacheFolder, records, threads, write } = options;
  const folder = join(cacheFolder, `${kind}-v${CACHE_VERSION}-${records}`);
  const known = await findManifest(folder);
  if (known !== undefined) return toInventoryFiles(folder, known);

  write(`Writing ${records.toLocaleString('en')} records (${kind}) into ${folder} …`);
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    const devices = Math.max(1, Math.round(records / RECORDS_PER_DEVICE));
    const recordsPerFile =
      kind === 'pages' ? RECORDS_PER_PAGE : Math.min(LARGEST_FILE_RECORDS, Math.ceil(records / FILES_ABOUT));
    const lists = await Promise.all(
      Array.from({ length: threads }, (_, remainder) =>
        runWriter({
          kind,
          folder: unfinished,
          devices,
          recordsPerDevice: RECORDS_PER_DEVICE,
          recordsPerFile,
          remainder,
          threads,
        }),
      ),
    );
    const files = lists.flat().sort((left, right) => left.number - right.number);
    await writeFile(join(unfinished, MANIFEST), JSON.stringify(files));
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    return toInventoryFiles(folder, files);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function findManifest(folder: string): Promise<WrittenFile[] | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as WrittenFile[];
  } catch {
    return undefined;
  }
}

function toInventoryFiles(folder: string, files: readonly WrittenFile[]): InventoryFiles {
  const sum = (key: 'records' | 'textBytes' | 'gzipBytes'): number =>
    files.reduce((total, file) => total + file[key], 0);
  return {
    folder,
    paths: files.map(({ name }) => join(folder, name)),
    records: sum('records'),
    textBytes: sum('textBytes'),
    gzipBytes: sum('gzipBytes'),
  };
}

async function runWriter(task: WritingTask): Promise<WrittenFile[]> {
  const { promise, resolve, reject } = Promise.withResolvers<WrittenFile[]>();
  const worker = new Worker(new URL('./write-files.ts', import.meta.url), { workerData: task });
  worker.once('message', resolve);
  worker.once('error', reject);
  return await promise;
}
