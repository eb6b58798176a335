import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CHUNK_BYTES } from '../../../src/snapshot/format.ts';
import {
  decodeChunk,
  encodeChunk,
  HEADER_BYTES,
  isReadableForm,
  parseStoredForm,
  releaseBytes,
} from '../../../src/storage/chunk-form.ts';
import { digestChunk } from '../../../src/storage/chunk-store.ts';

const MAGIC = Buffer.from('CGC2').readUInt32LE();

/** A form as an attacker would write it: whatever it claims, its checksum fits. */
function forge(sizeBytes: number, payload: Uint8Array, { magic = MAGIC, codec = 1 } = {}): Uint8Array {
  const stored = Buffer.concat([Buffer.alloc(HEADER_BYTES), payload]);
  stored.writeUInt32LE(magic, 0);
  stored.writeUInt32LE(codec, 4);
  stored.writeUInt32LE(sizeBytes, 8);
  stored.writeUInt32LE(crc32(payload, crc32(stored.subarray(0, 12))), 12);
  return stored;
}

function createNoise(length: number): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: length }).update('noise').digest());
}

async function decode(digest: string, stored: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  const target = new Uint8Array(sizeBytes);
  await decodeChunk(digest, parseStoredForm(digest, stored), target);
  return target;
}

describe('the stored form of a chunk', () => {
  it('is a header of 16 bytes and a Zstandard frame', async () => {
    const bytes = new Uint8Array(10_000).map((_, index) => index >>> 4);
    const stored = Buffer.from(await encodeChunk(bytes));
    assert.equal(stored.toString('latin1', 0, 4), 'CGC2');
    assert.deepEqual([stored.readUInt32LE(4), stored.readUInt32LE(8)], [1, 10_000]);
    assert.deepEqual(new Uint8Array(zstdDecompressSync(stored.subarray(HEADER_BYTES))), bytes);
    assert.deepEqual(new Uint8Array(stored), new Uint8Array(forge(10_000, stored.subarray(HEADER_BYTES))));
  });

  it('is a header and the bytes themselves where compression gains nothing', async () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1, 2, 3), createNoise(CHUNK_BYTES)]) {
      const stored = await encodeChunk(bytes);
      assert.equal(Buffer.compare(stored, forge(bytes.length, bytes, { codec: 0 })), 0);
      assert.equal(Buffer.compare(await decode(digestChunk(bytes), stored, bytes.length), bytes), 0);
    }
  });

  it('can be told from anything else by its header', async () => {
    const stored = await encodeChunk(Uint8Array.of(1, 2, 3));
    assert.equal(isReadableForm(stored.subarray(0, HEADER_BYTES)), true);
    assert.equal(isReadableForm(stored.subarray(0, HEADER_BYTES - 1)), false);
    assert.equal(isReadableForm(forge(3, Uint8Array.of(1, 2, 3), { magic: MAGIC + 1 })), false);
    assert.equal(isReadableForm(forge(3, Uint8Array.of(1, 2, 3), { codec: 2 })), false);
    assert.equal(isReadableForm(forge(CHUNK_BYTES + 1, Uint8Array.of(1, 2, 3))), false);
  });
});

it('gives memory back only when it is all of a buffer', () => {
  const whole = new Uint8Array(10);
  releaseBytes(whole);
  assert.equal(whole.length, 0);
  const around = new Uint8Array(10);
  releaseBytes(around.subarray(0, 9));
  const shared = new Uint8Array(new SharedArrayBuffer(10));
  releaseBytes(shared);
  assert.deepEqual([around.length, shared.length], [10, 10]);
});

describe('a forged chunk', () => {
  const zeros = new Uint8Array(1_000);
  const digest = digestChunk(zeros);
  const frame = zstdCompressSync(zeros);

  for (const [what, stored, finding] of [
    ['another form', forge(1_000, frame, { magic: MAGIC + 1 }), 'does not begin like a chunk'],
    ['an unknown codec', forge(1_000, frame, { codec: 2 }), 'its codec is 2'],
    ['more bytes than any chunk', forge(0xffff_ffff, frame), 'it says to have 4294967295 bytes'],
    ['another size than is wanted', forge(999, frame), 'it has 999 bytes, not 1000'],
    ['more bytes than it says', forge(1_000, zstdCompressSync(new Uint8Array(1_001))), 'more bytes'],
    ['fewer bytes than it says', forge(1_000, zstdCompressSync(new Uint8Array(999))), 'fewer bytes'],
    ['more plain bytes than it says', forge(1_000, new Uint8Array(1_001), { codec: 0 }), 'more bytes'],
    ['other bytes', forge(1_000, zstdCompressSync(zeros.map(() => 1))), 'its digest differs'],
    ['no frame', forge(1_000, zeros), 'it cannot be inflated'],
    ['half a frame', forge(1_000, frame.subarray(0, -4)), 'it cannot be inflated'],
  ] as const) {
    it(`with ${what} is told`, async () => {
      await assert.rejects(
        async () => decode(digest, stored, 1_000),
        ({ code, message }: { code: string; message: string } & Error) => {
          assert.equal(code, 'STORE_CORRUPT');
          assert.ok(message.includes(finding), message);
          return true;
        },
      );
    });
  }

  it('that would inflate to a gigabyte stops where the chunk ends', async () => {
    // A quarter of a megabyte of frames, each of which is sixteen megabytes of nothing.
    const nothing = zstdCompressSync(new Uint8Array(2 * CHUNK_BYTES));
    const bomb = forge(1_000, Buffer.concat(Array.from({ length: 64 }, () => nothing)));
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(async () => decode(digest, bomb, 1_000), {
      message: /it holds more bytes than it says/,
    });
    assert.ok(process.memoryUsage().arrayBuffers - before < CHUNK_BYTES);
  });

  it('that asks for more memory than a chunk is refused', async () => {
    // RFC 8878, section 3.1.1: magic, no content size, a window of 2 ^ (10 + exponent), one raw block, the last.
    const frameOf = (exponent: number) => {
      const block = Buffer.alloc(3);
      block.writeUIntLE((zeros.length << 3) | 1, 0, 3);
      return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3]), block, zeros]);
    };
    assert.deepEqual(await decode(digest, forge(1_000, frameOf(13)), 1_000), zeros);
    const wide = frameOf(14);
    await assert.rejects(async () => decode(digest, forge(1_000, wide), 1_000), {
      code: 'STORE_CORRUPT',
      message: /it cannot be inflated/,
    });
  });
});
