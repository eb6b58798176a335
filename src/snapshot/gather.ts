/**
 * Takes records through the sink and keeps them compactly, until a builder makes a snapshot of them.
 *
 * Gatherers work in parallel, one a thread: each gives what it has as plain data that moves between threads
 * without a copy, and another gatherer absorbs it. However records are spread over gatherers, and in whatever
 * order these are absorbed, the snapshot is the same byte for byte. Memory: the distinct texts, 68 bytes a
 * distinct certificate part, 12 bytes a record.
 */

import { invariant } from '../core/errors.ts';
import { releaseMemory } from '../core/memory.ts';
import {
  CERTIFICATE,
  CERTIFICATE_WORDS,
  DEVICE,
  DEVICE_WORDS,
  type GatheredRecords,
  PATH,
  PATH_WORDS,
  SUBJECT_TYPE,
  splitPath,
  THUMBPRINT_WORDS,
} from './ingest.ts';
import { createQualityLedger, type QualityLedger } from './quality.ts';
import type {
  CertificatePart,
  DevicePart,
  RecordCheckpoint,
  RecordSink,
  RejectionAccount,
  RejectionReason,
} from './record.ts';
import { RECORD_WORDS, RecordList } from './record-list.ts';
import { NONE } from './string-table.ts';
import { TextInterner, type TextPart } from './text-interner.ts';
import { TupleInterner } from './tuple-interner.ts';

type Words = Uint32Array<ArrayBuffer>;

/** Everything that a gatherer took, as plain data: see `ingest.ts` for the words of a tuple. */
export interface GatheredPart {
  readonly texts: TextPart;
  readonly lists: TextPart;
  readonly certificates: Words;
  readonly devices: Words;
  readonly paths: Words;
  /** Triples of handles. */
  readonly records: readonly Words[];
  readonly rejections: readonly RejectionAccount[];
  readonly unknownColumns: readonly string[];
}

/** The buffers of a part, for the transfer list of a message: the sender has nothing left, nothing is copied. */
export function listTransferables(part: GatheredPart): ArrayBuffer[] {
  const { texts, lists, certificates, devices, paths, records } = part;
  const arrays = [
    ...[texts, lists].flatMap(({ bytes, offsets, hashes }) => [bytes, offsets, hashes]),
    certificates,
    devices,
    paths,
    ...records,
  ];
  return [...new Set(arrays.map(({ buffer }) => buffer))];
}

export class RecordGatherer implements RecordSink {
  /** What was gathered, for the builder, which uses it up. */
  readonly gathered: GatheredRecords = {
    texts: new TextInterner(),
    lists: new TextInterner(),
    certificates: new TupleInterner(CERTIFICATE_WORDS),
    devices: new TupleInterner(DEVICE_WORDS),
    paths: new TupleInterner(PATH_WORDS),
    records: new RecordList(),
  };
  readonly quality: QualityLedger = createQualityLedger();
  readonly #tuple = new Uint32Array(CERTIFICATE_WORDS);
  readonly #instant = new Float64Array(1);
  readonly #instantWords = new Uint32Array(this.#instant.buffer);
  readonly #frequentIds = new Map<string, number>();
  readonly #listIds = new WeakMap<readonly unknown[], number>();
  #taken = false;

  /** Records taken so far, refused ones included. */
  get recordsRead(): number {
    return this.gathered.records.length + this.quality.recordsRejected;
  }

  internCertificate(part: CertificatePart): number {
    const { certificates } = this.gathered;
    const tuple = this.#tuple;
    for (let word = 0; word < THUMBPRINT_WORDS; word += 1) {
      tuple[word] = parseHexWord(part.thumbprint, word * HEX_DIGITS_PER_WORD);
    }
    tuple[CERTIFICATE.serialNumber] = this.#internText(part.serialNumber);
    tuple[CERTIFICATE.subject] = this.#internText(part.subject);
    tuple[CERTIFICATE.issuer] = this.#internFrequent(part.issuer);
    tuple[CERTIFICATE.signatureAlgorithm] = this.#internFrequent(part.signatureAlgorithm);
    tuple[CERTIFICATE.subjectType] = part.subjectType === null ? NONE : SUBJECT_TYPE[part.subjectType];
    tuple[CERTIFICATE.keySize] = part.keySize ?? NONE;
    this.#setInstant(CERTIFICATE.notBefore, part.notBefore);
    this.#setInstant(CERTIFICATE.notAfter, part.notAfter);
    tuple[CERTIFICATE.keyUsages] = this.#internList(part.keyUsages, JSON.stringify);
    tuple[CERTIFICATE.extendedKeyUsages] = this.#internList(part.extendedKeyUsages, (usages) =>
      JSON.stringify(usages.map(({ oid, name }) => [oid, name])),
    );
    return certificates.intern(tuple);
  }

  internDevice(part: DevicePart): number {
    const tuple = this.#tuple;
    tuple[DEVICE.deviceId] = this.gathered.texts.intern(part.deviceId);
    tuple[DEVICE.name] = this.#internText(part.name);
    tuple[DEVICE.rbacGroupId] = this.#internText(part.rbacGroupId);
    tuple[DEVICE.rbacGroupName] = this.#internText(part.rbacGroupName);
    return this.gathered.devices.intern(tuple);
  }

  internPath(path: string, thumbprint: string): number {
    const [prefix, tail] = splitPath(path, thumbprint);
    const tuple = this.#tuple;
    tuple[PATH.prefix] = this.gathered.texts.intern(prefix);
    tuple[PATH.tail] = tail;
    return this.gathered.paths.intern(tuple);
  }

  addRecord(device: number, certificate: number, path: number): void {
    this.gathered.records.push(device, certificate, path);
  }

  rejectRecord(reason: RejectionReason, sample: string): void {
    this.quality.reject(reason, sample);
  }

  noteUnknownColumn(name: string): void {
    this.quality.noteUnknownColumn(name);
  }

  checkpoint(): RecordCheckpoint {
    return { recordsAdded: this.gathered.records.length, ...this.quality.account() };
  }

  restore({ recordsAdded, ...account }: RecordCheckpoint): void {
    this.gathered.records.truncate(recordsAdded);
    this.quality.restore(account);
  }

  /**
   * Gives away everything taken, once: the gatherer must not be used afterwards. Nothing is copied.
   *
   * @throws {GatewayError} `INVARIANT_VIOLATED` the second time
   */
  takePart(): GatheredPart {
    invariant(!this.#taken, 'A gatherer must give its part once: create another one.');
    this.#taken = true;
    const { texts, lists, certificates, devices, paths, records } = this.gathered;
    return {
      texts: texts.takePart(),
      lists: lists.takePart(),
      certificates: certificates.takeWords(),
      devices: devices.takeWords(),
      paths: paths.takeWords(),
      records: records.takeChunks(),
      ...this.quality.account(),
    };
  }

  /**
   * Adds what another gatherer took. Linear in the part: its distinct texts and parts are interned, its records
   * renumbered where they are. The part is used up: its memory is given back or taken over.
   */
  absorb(part: GatheredPart): void {
    const { texts, lists, certificates, devices, paths, records } = this.gathered;
    const textIds = texts.absorb(part.texts);
    const listIds = lists.absorb(part.lists);
    const certificateIds = this.#absorbTuples(certificates, part.certificates, (tuple) => {
      for (const column of TEXT_COLUMNS) tuple[column] = renumber(textIds, tuple[column]!);
      for (const column of LIST_COLUMNS) tuple[column] = renumber(listIds, tuple[column]!);
    });
    const deviceIds = this.#absorbTuples(devices, part.devices, (tuple) => {
      for (let column = 0; column < DEVICE_WORDS; column += 1)
        tuple[column] = renumber(textIds, tuple[column]!);
    });
    const pathIds = this.#absorbTuples(paths, part.paths, (tuple) => {
      tuple[PATH.prefix] = textIds[tuple[PATH.prefix]!]!;
    });
    for (const array of [part.texts.bytes, part.texts.offsets, part.texts.hashes]) releaseMemory(array);
    for (const array of [part.certificates, part.devices, part.paths]) releaseMemory(array);
    for (const chunk of part.records) {
      for (let at = 0; at < chunk.length; at += RECORD_WORDS) {
        chunk[at] = deviceIds[chunk[at]!]!;
        chunk[at + 1] = certificateIds[chunk[at + 1]!]!;
        chunk[at + 2] = pathIds[chunk[at + 2]!]!;
      }
    }
    records.adopt(part.records);
    this.quality.absorb(part);
  }

  #internText(text: string | null): number {
    return text === null ? NONE : this.gathered.texts.intern(text);
  }

  /** A text that many certificates share: a decoder hands over the same string again and again. */
  #internFrequent(text: string | null): number {
    if (text === null) return NONE;
    const known = this.#frequentIds.get(text);
    if (known !== undefined) return known;
    const id = this.gathered.texts.intern(text);
    if (this.#frequentIds.size < FREQUENT_TEXTS) this.#frequentIds.set(text, id);
    return id;
  }

  /** One and the same list, as a decoder hands it over again and again, is written once. */
  #internList<Usage>(list: readonly Usage[] | null, write: (list: readonly Usage[]) => string): number {
    if (list === null) return NONE;
    const known = this.#listIds.get(list);
    if (known !== undefined) return known;
    const id = this.gathered.lists.intern(write(list));
    this.#listIds.set(list, id);
    return id;
  }

  /** Adding 0 makes one value of the two zeros. */
  #setInstant(column: number, instant: number | null): void {
    if (instant !== null) this.#instant[0] = instant + 0;
    this.#tuple[column] = instant === null ? NONE : this.#instantWords[0]!;
    this.#tuple[column + 1] = instant === null ? NONE : this.#instantWords[1]!;
  }

  #absorbTuples(into: TupleInterner, words: Words, toOwn: (tuple: Uint32Array) => void): Words {
    const { width } = into;
    const ids = new Uint32Array(words.length / width);
    const tuple = this.#tuple;
    for (let id = 0; id < ids.length; id += 1) {
      for (let column = 0; column < width; column += 1) tuple[column] = words[id * width + column]!;
      toOwn(tuple);
      ids[id] = into.intern(tuple);
    }
    return ids;
  }
}

const HEX_DIGITS_PER_WORD = 8;
const [CODE_OF_0, CODE_OF_9, CODE_OF_A] = [0x30, 0x39, 0x41];
/** Issuers and algorithms whose numbers are remembered by the string. */
const FREQUENT_TEXTS = 4_096;
const TEXT_COLUMNS: readonly number[] = [
  CERTIFICATE.serialNumber,
  CERTIFICATE.subject,
  CERTIFICATE.issuer,
  CERTIFICATE.signatureAlgorithm,
];
const LIST_COLUMNS: readonly number[] = [CERTIFICATE.keyUsages, CERTIFICATE.extendedKeyUsages];

function renumber(ids: Uint32Array, id: number): number {
  return id === NONE ? NONE : ids[id]!;
}

/** Eight upper-case hex digits as a number below 2^32, as bits. */
function parseHexWord(digits: string, start: number): number {
  let word = 0;
  for (let index = start; index < start + HEX_DIGITS_PER_WORD; index += 1) {
    const code = digits.charCodeAt(index);
    word = (word << 4) | (code <= CODE_OF_9 ? code - CODE_OF_0 : code - CODE_OF_A + 10);
  }
  return word;
}
