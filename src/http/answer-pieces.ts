/**
 * Long answers are handed to their connection in pieces, each when the one before has been taken: what nobody reads yet is in
 * memory once, and no single write keeps the event loop. A text becomes bytes once, and the pieces are views of them.
 *
 * Whatever comes after it, compression, gets the pieces in the place of the text.
 */

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { KIBIBYTE } from '../core/units.ts';

/** Of one piece; an answer that is no longer goes in one. */
export const PIECE_BYTES = 64 * KIBIBYTE;

/** Has every answer of the server that is longer than a piece sent in pieces, its length told beforehand. */
export function addAnswerPieces(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, payload: unknown, done) => {
    if (!isLong(payload)) return done(null, payload);
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    done(null, sendPieces(reply, [bytes]));
  });
}

/** The payload of an answer that is made of several parts, its length told beforehand; one that is no longer than a piece is whole. */
export function sendPieces(reply: FastifyReply, parts: readonly Uint8Array[]): Readable | Buffer {
  const bytes = sizeOf(parts);
  if (bytes <= PIECE_BYTES) return Buffer.concat(parts);
  reply.header('content-length', bytes);
  return toPieces(parts);
}

/** Bytes of all parts together. */
export function sizeOf(parts: readonly (Uint8Array | string)[]): number {
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}

/** The bytes of the parts, one piece each time somebody asks for more. */
export function toPieces(parts: readonly Uint8Array[]): Readable {
  return Readable.from(cut(parts), { objectMode: false, highWaterMark: PIECE_BYTES });
}

function* cut(parts: readonly Uint8Array[]): Generator<Uint8Array, void> {
  for (const part of parts) {
    for (let position = 0; position < part.length; position += PIECE_BYTES) {
      yield part.subarray(position, position + PIECE_BYTES);
    }
  }
}

/** Of a text by its characters, of which none is less than a byte. */
function isLong(payload: unknown): payload is string | Buffer {
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length > PIECE_BYTES;
}
