/**
 * Reads records of one shape, from their bytes.
 *
 * `recognize` takes a record whose parts have all been seen before, and compares where others parse. `read` takes
 * any record of the shape, and parses what is new in it. Either does exactly what the plain decoder would do,
 * or nothing: what they do not understand is left to it, so that speed never costs tolerance.
 */

import { findThumbprint } from '../core/identifiers.ts';
import type { RecordSink } from '../snapshot/record.ts';
import { QUOTE } from './json-bytes.ts';
import { PartCache, type RunSpans } from './part-cache.ts';
import { findSpelling, type PathReader } from './path-reader.ts';
import { createRawValues, type RawValues } from './raw-values.ts';
import { isAbsent, type ReadColumn, toCertificatePart, toDevicePart } from './record-fields.ts';
import { type RecordShape, type ShapeRun, STEP } from './record-shape.ts';
import {
  equalBytes,
  findPlainStringEnd,
  findStringEnd,
  findValueEnd,
  type ViewedBytes,
} from './wire-bytes.ts';
import { COLUMN } from './wire-columns.ts';
import { toText } from './wire-values.ts';

export interface ShapeReaderOptions {
  readonly shape: RecordShape;
  readonly sink: RecordSink;
  readonly paths: PathReader;
  /** Bytes of certificate parts to remember; an eighth of it for devices. */
  readonly rememberedBytes: number;
}

/** Length of a thumbprint in quotes. */
const QUOTED_THUMBPRINT = 42;

export class ShapeReader {
  readonly #shape: RecordShape;
  readonly #sink: RecordSink;
  readonly #paths: PathReader;
  readonly #devices: PartCache;
  readonly #certificates: PartCache;
  readonly #values: RawValues = createRawValues();
  /** Start and end of each member's value, by {@link read}. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #lastDevice = -1;
  /** Entries and path of the record that was recognised last. */
  #device = -1;
  #certificate = -1;
  #path = -1;

  constructor({ shape, sink, paths, rememberedBytes }: ShapeReaderOptions) {
    this.#shape = shape;
    this.#sink = sink;
    this.#paths = paths;
    this.#certificates = new PartCache(rememberedBytes);
    this.#devices = new PartCache(rememberedBytes / 8);
    this.#starts = new Int32Array(shape.members.length);
    this.#ends = new Int32Array(shape.members.length);
  }

  /**
   * The end of the record that begins at `start`, or -1 unless every part of it was seen before. Hands nothing to the
   * sink: that is for {@link accept}. Allocates nothing.
   */
  recognize(source: ViewedBytes, start: number): number {
    const { kinds, operands, lengths, literals } = this.#shape.steps;
    const limit = source.bytes.length;
    let at = start;
    let pathStart = 0;
    let pathEnd = 0;
    let thumbprintStart = 0;
    let thumbprintEnd = 0;
    for (let step = 0; step < kinds.length; step += 1) {
      let length: number;
      switch (kinds[step]) {
        case STEP.literal:
          length = lengths[step]!;
          if (!equalBytes(literals, operands[step]!, source, at, length)) return -1;
          break;
        case STEP.deviceId:
          length = this.#findDevice(source, at);
          break;
        case STEP.thumbprint:
          length = this.#findCertificate(source, at);
          thumbprintStart = at;
          thumbprintEnd = at + length;
          break;
        case STEP.deviceRun:
          length = this.#devices.matchRun(this.#device, operands[step]!, source, at);
          break;
        case STEP.certificateRun:
          length = this.#certificates.matchRun(this.#certificate, operands[step]!, source, at);
          break;
        case STEP.path:
          pathStart = at;
          pathEnd = source.bytes[at] === QUOTE ? findStringEnd(source, at, limit) : -1;
          length = pathEnd - at;
          break;
        default:
          length = plainValueLength(source, at, limit);
      }
      if (length < 0) return -1;
      at += length;
    }
    const spelling = this.#certificates.markOf(this.#certificate);
    this.#path = this.#paths.find(source, pathStart, pathEnd, thumbprintStart, thumbprintEnd, spelling);
    return this.#path === -1 ? -1 : at;
  }

  /** Hands on the record that was recognised last. */
  accept(): void {
    this.#noteUnknownColumns();
    this.#sink.addRecord(
      this.#devices.handleOf(this.#device),
      this.#certificates.handleOf(this.#certificate),
      this.#path,
    );
  }

  /** Hands on the record in `[start, end)`, or does nothing and says `false`. */
  read(source: ViewedBytes, start: number, end: number): boolean {
    try {
      return this.#locate(source, start, end) && this.#readLocated(source);
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  }

  /** The length of the device id at `start` when it is known, or a negative number. */
  #findDevice(source: ViewedBytes, start: number): number {
    if (this.#lastDevice !== -1) {
      const length = this.#devices.matchKey(this.#lastDevice, source, start);
      if (length !== -1) {
        this.#device = this.#lastDevice;
        return length;
      }
    }
    const end = findStringEnd(source, start, source.bytes.length);
    if (end === -1) return -1;
    this.#device = this.#devices.find(source, start, end - start);
    this.#lastDevice = this.#device;
    return this.#device === -1 ? -1 : end - start;
  }

  #findCertificate(source: ViewedBytes, start: number): number {
    const { bytes } = source;
    const isUsual = bytes[start + QUOTED_THUMBPRINT - 1] === QUOTE;
    const end = isUsual ? start + QUOTED_THUMBPRINT : findStringEnd(source, start, bytes.length);
    if (end === -1) return -1;
    this.#certificate = this.#certificates.find(source, start, end - start);
    return this.#certificate === -1 ? -1 : end - start;
  }

  /** Finds where the values lie; `false` when the record has another shape. */
  #locate(source: ViewedBytes, start: number, end: number): boolean {
    const { members, tail } = this.#shape;
    let at = start;
    for (const [index, { literal }] of members.entries()) {
      if (!equalBytes(literal, 0, source, at, literal.bytes.length)) return false;
      at += literal.bytes.length;
      this.#starts[index] = at;
      at = findValueEnd(source, at, end);
      if (at === -1) return false;
      this.#ends[index] = at;
    }
    return at + tail.bytes.length === end && equalBytes(tail, 0, source, at, tail.bytes.length);
  }

  #readLocated(source: ViewedBytes): boolean {
    const deviceId = toText(this.#parse(source, COLUMN.deviceId));
    const path = this.#parse(source, COLUMN.path);
    const wireThumbprint = this.#parse(source, COLUMN.thumbprint);
    const thumbprint = typeof wireThumbprint === 'string' ? findThumbprint(wireThumbprint) : undefined;
    const isAcceptable =
      deviceId !== null && typeof path === 'string' && path.trim() !== '' && thumbprint !== undefined;
    if (!isAcceptable) return false;
    for (const [index, { slot }] of this.#shape.members.entries()) {
      if (slot < 0) this.#values.parse(source, this.#starts[index]!, this.#ends[index]!);
    }
    const certificate = this.#internCertificate(source, thumbprint);
    const device = this.#internDevice(source, deviceId);
    this.#noteUnknownColumns();
    const handle = this.#paths.intern(
      source,
      this.#spanOf(COLUMN.path),
      this.#spanOf(COLUMN.thumbprint),
      path,
      thumbprint,
    );
    this.#sink.addRecord(device, certificate, handle);
    return true;
  }

  #internCertificate(source: ViewedBytes, thumbprint: string): number {
    const key = this.#spanOf(COLUMN.thumbprint);
    const runs = this.#spansOf(this.#shape.certificateRuns);
    const seen = findSame(this.#certificates, source, key, runs);
    if (seen !== -1) return this.#certificates.handleOf(seen);
    const handle = this.#sink.internCertificate(toCertificatePart(thumbprint, this.#readColumn(source)));
    this.#certificates.set(source, key, runs, handle, findSpelling(source.bytes, key[0], key[1]));
    return handle;
  }

  #internDevice(source: ViewedBytes, deviceId: string): number {
    const key = this.#spanOf(COLUMN.deviceId);
    const runs = this.#spansOf(this.#shape.deviceRuns);
    const seen = findSame(this.#devices, source, key, runs);
    if (seen !== -1) return this.#devices.handleOf(seen);
    const handle = this.#sink.internDevice(toDevicePart(deviceId, this.#readColumn(source)));
    this.#devices.set(source, key, runs, handle);
    return handle;
  }

  #noteUnknownColumns(): void {
    for (const name of this.#shape.unknownColumns) this.#sink.noteUnknownColumn(name);
  }

  #readColumn(source: ViewedBytes): ReadColumn {
    return (slot, normalize) => {
      const member = this.#shape.memberOf[slot]!;
      if (member === -1) return null;
      return this.#values.normalize(slot, normalize, source, this.#starts[member]!, this.#ends[member]!);
    };
  }

  #parse(source: ViewedBytes, slot: number): unknown {
    const [start, end] = this.#spanOf(slot);
    const value = this.#values.parse(source, start, end);
    return isAbsent(value) ? undefined : value;
  }

  #spanOf(slot: number): readonly [start: number, end: number] {
    const member = this.#shape.memberOf[slot]!;
    return [this.#starts[member]!, this.#ends[member]!];
  }

  /** A run begins where the value before it ends: the literal of its first member is part of it. */
  #spansOf(runs: readonly ShapeRun[]): RunSpans {
    return runs.map(({ first, last }) => [
      this.#starts[first]! - this.#shape.members[first]!.literal.bytes.length,
      this.#ends[last]!,
    ]);
  }
}

/** The entry with this key and these runs, or -1. */
function findSame(
  cache: PartCache,
  source: ViewedBytes,
  [start, end]: readonly [number, number],
  runs: RunSpans,
): number {
  const entry = cache.find(source, start, end - start);
  if (entry === -1) return -1;
  const isSame = runs.every(
    ([runStart, runEnd], run) => cache.matchRun(entry, run, source, runStart) === runEnd - runStart,
  );
  return isSame ? entry : -1;
}

/** The length of a value that is JSON at a glance, or -1: a string of printable ASCII, a name, a small integer. */
function plainValueLength(source: ViewedBytes, start: number, limit: number): number {
  const isString = source.bytes[start] === QUOTE;
  const end = isString ? findPlainStringEnd(source, start, limit) : findValueEnd(source, start, limit);
  if (end === -1) return -1;
  return isString || isPlainScalar(source.bytes, start, end) ? end - start : -1;
}

const NAMES = ['true', 'false', 'null'].map((name) => Buffer.from(name));
const ZERO = 0x30;
const NINE = 0x39;

function isPlainScalar(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start]! > NINE) {
    return NAMES.some(
      (name) => name.length === end - start && name.every((byte, index) => bytes[start + index] === byte),
    );
  }
  if (end === start || (bytes[start] === ZERO && end - start > 1)) return false;
  for (let index = start; index < end; index += 1) {
    if (bytes[index]! < ZERO || bytes[index]! > NINE) return false;
  }
  return true;
}
