/**
 * The decoder that compares bytes against the one that parses every record: whatever the bytes, both take the same
 * records, refuse the same ones for the same reasons, and see the same columns.
 */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createPageScanner } from '../../src/defender/page-scanner.ts';
import { createPlainDecoder } from '../../src/defender/plain-decoder.ts';
import { createRecordDecoder } from '../../src/defender/record-decoder.ts';
import { createRecordCounter, type RecordReader } from '../../src/defender/record-reader.ts';
import { createRecordSplitter } from '../../src/defender/record-splitter.ts';
import { BROKEN_RECORDS, QUIRKS, type QuirkName } from '../../src/simulator/inventory/quirks.ts';
import { WIRE_SPELLINGS } from '../../src/simulator/inventory/spelling.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import {
  type CollectingSink,
  chunksOf,
  createCollectingSink,
  createCountingDecoder,
} from '../support/defender-fixtures.ts';
import { readExportLines } from '../support/simulated-lines.ts';

const LIMITS = { maximumRecordBytes: 10_000_000, tooLong: () => new Error('too long') };
type Framing = 'lines' | 'array' | 'page';

/** Small enough that parts are forgotten all the time, and large enough that they never are. */
const MEMORIES = [2_000, 100_000];

/** Lines of tenants that show every quirk of the wire, in each spelling, mixed and apart. */
const corpus: string[] = [];

before(async () => {
  for (const spelling of WIRE_SPELLINGS) {
    const quirks: QuirkName[] = [...QUIRKS, BROKEN_RECORDS];
    await using simulator = await createSimulator({ devices: 6, spelling: { export: spelling }, quirks });
    corpus.push(...(await readExportLines(simulator)));
  }
});

describe('the shape decoder', () => {
  it('takes every quirk of every spelling as the plain decoder does, in any framing and chunking', () => {
    assert.ok(corpus.length > 1_000);
    for (const framing of ['lines', 'array', 'page'] as const) {
      const valid = framing === 'lines' ? corpus : corpus.filter(isJson);
      for (const pieces of [[1_000_000], [4_096], [937, 13, 1]])
        compare({ bytes: frame(valid, framing), framing, pieces });
    }
  });

  it('recognises nearly every record of a file in one spelling', async () => {
    await using simulator = await createSimulator({ devices: 20, seed: 3, quirks: 'none' });
    const lines = await readExportLines(simulator);
    const decoder = createCountingDecoder(createCollectingSink());
    const splitter = createRecordSplitter(decoder, LIMITS);
    splitter.write(Buffer.from([...lines, ...lines, ''].join('\n')));
    assert.equal(splitter.end(), true);
    assert.ok(decoder.accepted > lines.length, `${decoder.accepted} of ${2 * lines.length}`);
  });

  it('takes bytes that were cut, flipped, put in or moved as the plain decoder does', () => {
    const line = fc.nat().map((index) => corpus[index % corpus.length]!);
    /** Runs of the same lines, so that parts are recognised. */
    const body = fc
      .array(fc.tuple(line, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 6 })
      .map((runs) => runs.flatMap(([text, times]) => Array.from({ length: times }, () => text)));
    fc.assert(
      fc.property(
        body,
        fc.array(mutation, { maxLength: 6 }),
        framings,
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 4 }),
        (lines, mutations, framing, pieces) => {
          const bytes = mutations.reduce(mutate, frame([...lines, ...lines], framing));
          compare({ bytes, framing, pieces });
        },
      ),
      { numRuns: 600 },
    );
  });

  it('takes values of any kind, whether they are JSON or not, as the plain decoder does', () => {
    fc.assert(
      fc.property(
        fc.array(rawRecord, { minLength: 1, maxLength: 12 }),
        framings,
        framings,
        (records, ...both) => {
          compare(
            ...both.map((framing) => ({ bytes: frame(records, framing), framing, pieces: [1_000_000] })),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('forgets unknown columns with the records that had them, and sees them again', () => {
    const sink = createCollectingSink();
    const reader = createRecordDecoder(sink);
    const bytes = Buffer.from(
      `{"DeviceId":"d","Path":"p\\\\${THUMBPRINT}","Thumbprint":"${THUMBPRINT}","Extra":"x"}`,
    );
    const before = reader.checkpoint();
    for (let times = 0; times < 4; times += 1) {
      reader.decode(bytes, 0, bytes.length);
      assert.deepEqual([sink.records.length, [...sink.unknownColumns]], [1, ['Extra']]);
      reader.restore(before);
      assert.deepEqual([sink.records.length, [...sink.unknownColumns]], [0, []]);
    }
  });
});

const THUMBPRINT = 'AB'.repeat(20);
const framings = fc.constantFrom<Framing>('lines', 'array', 'page');
const rawThumbprint = fc.constantFrom('ab'.repeat(20), THUMBPRINT, '12'.repeat(20), 'aB'.repeat(20), ' ');
/** JSON and nearly JSON: escapes, cut escapes, control characters, numbers that are none, lone surrogates. */
const rawValue = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    'tru',
    '0',
    '01',
    '2048',
    '-1',
    '1e999',
    '1.',
    '"2048"',
    '""',
    '" "',
    '[]',
    '[1,]',
    '{}',
  ),
  fc.constantFrom(
    '"x"',
    '"\\\\"',
    '"\\""',
    '"\\x"',
    '"\\u00e9"',
    '"\\u00g9"',
    '"\u0001"',
    '"\t"',
    '"\u007f"',
    '"é"',
    '"\\ud800"',
  ),
  fc.constantFrom(
    '"2030-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00Z"',
    '"CA"',
    '"CN=b,O=c"',
    '"{\\"CN\\":\\"a\\"}"',
    '"[\\"a\\"]"',
  ),
  fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
);
const rawPath = fc
  .tuple(
    fc.constantFrom('LocalMachine\\\\My\\\\', 'x\\\\', '\\u', '\\', '\\u00e9', 'é', '\u0001', ''),
    rawThumbprint,
  )
  .map(([store, name]) => `"${store}${name}"`);
/** What stands around the named columns: one of few, so that records are alike. */
const rawTemplate = fc.constantFrom<readonly [before: string, after: string]>(
  ['', ',"KeySize":2048,"RbacGroupId":1'],
  ['', ',"DeviceName":"n","KeySize":null,"keyLength":"1","IssuedTo":{"CN":"a"}'],
  ['"KeySize":1,', ''],
  ['"deviceName":"x","DeviceName":"y",', ''],
  ['', ',\n"Ke\\u0079Size":7'],
  ['', '\n,"IssuedBy":"CN=\\"q\\"","RbacGroupName":"é"'],
);
const rawRecord = fc
  .tuple(
    rawTemplate,
    fc.oneof({ weight: 8, arbitrary: fc.constant('"d1"') }, fc.constantFrom('5', '"\\u0064"', '""')),
    rawPath,
    rawThumbprint,
    fc.option(fc.tuple(fc.constantFrom('isSelfSigned', 'Extra', 'KeySize', 'SerialNumber'), rawValue)),
    fc.constantFrom('', '', '', ' ', '\r', ' x', ',', '\n'),
  )
  .map(([[before, after], deviceId, path, thumbprint, other, ending]) => {
    const member = other === null ? '' : `,"${other[0]}":${other[1]}`;
    return `{${before}"DeviceId":${deviceId},"Path":${path},"Thumbprint":"${thumbprint}"${member}${after}}${ending}`;
  });

type Mutation = readonly [kind: 'cut' | 'flip' | 'insert' | 'copy', at: number, from: number, length: number];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom('cut', 'flip', 'insert', 'copy'),
  fc.nat(),
  fc.nat(),
  fc.integer({ min: 1, max: 40 }),
);

function mutate(bytes: Buffer, [kind, at, from, length]: Mutation): Buffer {
  const index = at % bytes.length;
  const source = from % bytes.length;
  switch (kind) {
    case 'cut':
      return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + length), Buffer.from('\n')]);
    case 'flip': {
      const flipped = Buffer.from(bytes);
      flipped[index]! ^= 1 << (from % 8);
      return flipped;
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, index), Buffer.from([from % 256]), bytes.subarray(index)]);
    case 'copy':
      return Buffer.concat([
        bytes.subarray(0, index),
        bytes.subarray(source, source + length),
        bytes.subarray(index),
      ]);
  }
}

function frame(lines: readonly string[], framing: Framing): Buffer {
  if (framing === 'lines') return Buffer.from(`${lines.join('\n')}\n`);
  const array = `[${lines.join(',')}]`;
  return Buffer.from(framing === 'array' ? array : `{"value":${array},"@odata.nextLink":null}`);
}

interface Body {
  readonly bytes: Buffer;
  readonly framing: Framing;
  readonly pieces: readonly number[];
}

/** Bodies that are read one after the other, as the files of an export are. */
function compare(...bodies: readonly Body[]): void {
  const expected = createCollectingSink();
  const plain = createPlainDecoder(expected);
  const reader: RecordReader = {
    ...createRecordCounter(),
    decode: (...record) => void plain.decode(...record),
  };
  const outcomes = bodies.map((body) => run(reader, body));
  for (const memory of MEMORIES) {
    const actual = createCollectingSink();
    const decoder = createRecordDecoder(actual, memory);
    assert.deepEqual(
      bodies.map((body) => run(decoder, body)),
      outcomes,
    );
    assert.deepEqual(describeSink(actual), describeSink(expected));
  }
}

function run(reader: RecordReader, { bytes, framing, pieces }: Body): unknown {
  if (framing === 'page') {
    const scanner = createPageScanner(reader, LIMITS);
    for (const chunk of chunksOf(bytes, pieces)) scanner.write(chunk);
    return scanner.end();
  }
  const splitter = createRecordSplitter(reader, LIMITS);
  for (const chunk of chunksOf(bytes, pieces)) splitter.write(chunk);
  return splitter.end();
}

function describeSink({ records, rejections, unknownColumns }: CollectingSink): unknown {
  return { records, rejections, unknownColumns: [...unknownColumns].sort() };
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
