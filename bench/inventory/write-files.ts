/** A thread that writes its share of the export files of a simulated fleet. */

import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { constants, createGzip } from 'node:zlib';
import {
  createInventory,
  type ExportPart,
  type Generation,
} from '../../src/simulator/inventory/inventory.ts';
import type { WritingTask } from './export-files.ts';
import { START_DAY_SECONDS } from './instant.ts';

export interface WrittenFile {
  /** Place in the export, from 0. */
  readonly number: number;
  readonly name: string;
  readonly records: number;
  readonly textBytes: number;
  readonly gzipBytes: number;
}

const SEED = 1;
const CHUNK_CHARACTERS = 256 * 1024;
const EXPORT_INTERVAL_MS = 6 * 3_600_000;

const { folder, devices, recordsPerDevice, recordsPerFile, remainder, threads } = workerData as WritingTask;
const generation = createInventory({
  seed: SEED,
  devices,
  recordsPerDevice,
  recordsPerFile,
  coverage: 1,
  quirks: 'none',
  startDaySeconds: START_DAY_SECONDS,
  exportIntervalMs: EXPORT_INTERVAL_MS,
}).getGeneration(0);

const written: WrittenFile[] = [];
for (const [number, part] of generation.parts.entries()) {
  if (number % threads === remainder) written.push(await writePart(generation, part, number));
}
parentPort!.postMessage(written);

async function writePart(from: Generation, part: ExportPart, number: number): Promise<WrittenFile> {
  const name = `part-${String(number).padStart(5, '0')}.json.gz`;
  let records = 0;
  let textBytes = 0;
  function* toChunks(): Generator<Buffer> {
    let text = '';
    for (let place = part.from; place < part.to; place += 1) {
      const lines = from.encode(place, 'pascal');
      records += lines.length;
      text += `${lines.join('\n')}\n`;
      if (text.length < CHUNK_CHARACTERS && place < part.to - 1) continue;
      const chunk = Buffer.from(text);
      textBytes += chunk.length;
      text = '';
      yield chunk;
    }
  }
  await pipeline(
    Readable.from(toChunks(), { objectMode: false }),
    createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 128 * 1024 }),
    createWriteStream(join(folder, name)),
  );
  return { number, name, records, textBytes, gzipBytes: (await stat(join(folder, name))).size };
}
