/** A thread that writes its share of the files of a simulated fleet: export files, or pages of the paged endpoint. */

import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { constants, createGzip } from 'node:zlib';
import { createInventory } from '../../src/simulator/inventory/inventory.ts';
import type { WritingTask } from './files.ts';
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

const { folder, kind, devices, recordsPerDevice, recordsPerFile, remainder, threads } =
  workerData as WritingTask;
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

/** Devices from a place to another, exclusive, and the text around and between their records. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly opening: string;
  readonly separator: string;
  readonly closing: string;
}

const parts = kind === 'export' ? listExportParts() : listPages();
const written: WrittenFile[] = [];
for (const [number, part] of parts.entries()) {
  if (number % threads === remainder) written.push(await writePart(part, number));
}
parentPort!.postMessage(written);

function listExportParts(): Part[] {
  return generation.parts.map(({ from, to }) => ({ from, to, opening: '', separator: '\n', closing: '\n' }));
}

/** Pages are cut where a device ends, all in the order of the export. */
function listPages(): Part[] {
  const placesPerPage = Math.max(1, Math.round(recordsPerFile / recordsPerDevice));
  const count = Math.ceil(generation.places / placesPerPage);
  return Array.from({ length: count }, (_, index) => ({
    from: index * placesPerPage,
    to: Math.min(generation.places, (index + 1) * placesPerPage),
    opening: '{"@odata.context":"https://bench.example/api/$metadata#certificates","value":[',
    separator: ',',
    closing: index === count - 1 ? ']}' : `],"@odata.nextLink":"${toName(index + 1)}"}`,
  }));
}

function toName(number: number): string {
  return `part-${String(number).padStart(5, '0')}.json.gz`;
}

async function writePart(
  { from, to, opening, separator, closing }: Part,
  number: number,
): Promise<WrittenFile> {
  const name = toName(number);
  let records = 0;
  let textBytes = 0;
  function* toChunks(): Generator<Buffer> {
    let text = opening;
    for (let place = from; place < to; place += 1) {
      const lines = generation.encode(place, kind === 'export' ? 'pascal' : 'current');
      records += lines.length;
      text += lines.join(separator) + (place < to - 1 ? separator : closing);
      if (text.length < CHUNK_CHARACTERS && place < to - 1) continue;
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
