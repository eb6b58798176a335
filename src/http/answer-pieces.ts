/**
 * Long answers are handed to their connection in pieces, each when the one before has been taken: what nobody reads yet is in
 * memory once, and no single write keeps the event loop. A text becomes bytes once, and the pieces are views of them.
 *
 * Whatever comes after it, compression, gets the pieces in the place of the text.
 */

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { KIBIBYTE } from '../core/units.ts';

/** Of one piece; an answer that is no longer goes in one. */
export const PIECE_BYTES = 64 * KIBIBYTE;

/** Has every answer of the server that is longer than a piece sent in pieces, its length told beforehand. */
export function addAnswerPieces(server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, payload: unknown, done) => {
    if (!isLong(payload)) return done(null, payload);
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    reply.header('content-length', bytes.length);
    done(null, toPieces(bytes));
  });
}

/** The bytes, one piece each time somebody asks for more. */
export function toPieces(bytes: Buffer): Readable {
  let position = 0;
  return new Readable({
    highWaterMark: PIECE_BYTES,
    read() {
      const piece = bytes.subarray(position, position + PIECE_BYTES);
      position += piece.length;
      this.push(piece.length === 0 ? null : piece);
    },
  });
}

/** Of a text by its characters, of which none is less than a byte. */
function isLong(payload: unknown): payload is string | Buffer {
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length > PIECE_BYTES;
}
