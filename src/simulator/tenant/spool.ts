/**
 * The export files on disk. A file is generated, compressed and hashed once, when it is first asked for, into
 * a private temporary folder, since a blob has a length, an entity tag and ranges before its first byte goes
 * out. Asking again costs nothing; files of exports that are two generations old are deleted.
 */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import type { ExportPart, Generation } from '../inventory/inventory.ts';
import type { WireSpelling } from '../inventory/spelling.ts';

export interface SpooledFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Base64. */
  readonly md5: string;
  readonly records: number;
  /** Before compression. */
  readonly textBytes: number;
}

export interface Spool {
  /** The file of a part, generated at the first call. */
  get(generation: Generation, part: ExportPart): Promise<SpooledFile>;
  /** Deletes the folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Text is handed to the compressor in pieces of about this size. */
export const CHUNK_CHARACTERS = 256 * 1024;

/** Makes the folder; `spelling` is that of every file. */
export async function createSpool(spelling: WireSpelling): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), 'defender-simulator-'));
  const files = new Map<string, { readonly generation: number; readonly file: Promise<SpooledFile> }>();

  function removeOld(newest: number): void {
    for (const [key, { generation, file }] of files) {
      if (generation >= newest - 1) continue;
      files.delete(key);
      file.then(({ path }) => rm(path, { force: true })).catch(() => undefined);
    }
  }

  return {
    get: (generation, part) => {
      const key = `${generation.number}-${part.groupId}-${part.index}`;
      const known = files.get(key);
      if (known !== undefined) return known.file;
      removeOld(generation.number);
      const file = writeFile(join(folder, `${key}.json.gz`), generation, part, spelling);
      files.set(key, { generation: generation.number, file });
      // A file that could not be written is tried anew when it is asked for again.
      file.catch(() => files.delete(key));
      return file;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled([...files.values()].map(({ file }) => file));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeFile(
  path: string,
  generation: Generation,
  part: ExportPart,
  spelling: WireSpelling,
): Promise<SpooledFile> {
  let records = 0;
  let textBytes = 0;
  function* toChunks(): Generator<Buffer> {
    let text = '';
    for (let place = part.from; place < part.to; place++) {
      const lines = generation.encode(place, spelling);
      records += lines.length;
      text += `${lines.join('\n')}\n`;
      if (text.length < CHUNK_CHARACTERS && place < part.to - 1) continue;
      const chunk = Buffer.from(text);
      textBytes += chunk.byteLength;
      text = '';
      yield chunk;
    }
  }
  const md5 = createHash('md5');
  await pipeline(
    Readable.from(toChunks(), { objectMode: false }),
    createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 128 * 1024 }),
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        md5.update(chunk);
        done(null, chunk);
      },
    }),
    createWriteStream(path),
  );
  const { size } = await stat(path);
  return { path, sizeBytes: size, md5: md5.digest('base64'), records, textBytes };
}
