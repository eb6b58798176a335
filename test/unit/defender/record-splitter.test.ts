import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecordSplitter } from '../../../src/defender/record-splitter.ts';
import { chunksOf, createTextReader } from '../../support/defender-fixtures.ts';

function split(body: string | Buffer, options: { chunk?: number; maximumRecordBytes?: number } = {}) {
  const { reader, records } = createTextReader();
  const splitter = createRecordSplitter(reader, {
    maximumRecordBytes: options.maximumRecordBytes ?? 1_000,
    tooLong: () => new RangeError('too long'),
  });
  for (const chunk of chunksOf(Buffer.from(body), [options.chunk ?? 1_000_000])) splitter.write(chunk);
  return { records, isComplete: splitter.end() };
}

const BOM = '\ufeff';

describe('record splitter', () => {
  for (const chunk of [1, 2, 3, 7, 1_000]) {
    describe(`with chunks of ${chunk}`, () => {
      it('cuts at newlines', () =>
        assert.deepEqual(split('{"a":1}\n{"b":2}\n', { chunk }).records, ['{"a":1}', '{"b":2}']));

      it('takes CRLF, blank lines, a byte order mark and a missing final newline', () => {
        assert.deepEqual(split(`${BOM}\r\n{"a":1}\r\n\r\n  \n{"b":2}`, { chunk }), {
          records: ['{"a":1}', '{"b":2}'],
          isComplete: true,
        });
      });

      it('takes an array that opens the body as its elements', () => {
        assert.deepEqual(split(`${BOM} [ {"a":"],{"} , 5,\n"x\\"]" ,[1,[2]] ]\n`, { chunk }), {
          records: ['{"a":"],{"}', '5', '"x\\"]"', '[1,[2]]'],
          isComplete: true,
        });
      });

      it('takes an array on a later line for a record', () => {
        assert.deepEqual(split('{"a":1}\n[1,2]\n', { chunk }).records, ['{"a":1}', '[1,2]']);
      });

      it('goes on with lines behind an array', () => {
        assert.deepEqual(split('[{"a":1}]\n{"b":2}\n', { chunk }).records, ['{"a":1}', '{"b":2}']);
      });

      it('says that an array was not closed', () => {
        assert.deepEqual(split('[{"a":1},{"b"', { chunk }), { records: ['{"a":1}'], isComplete: false });
      });

      it('finds nothing in nothing', () => {
        for (const body of ['', '\n\n', BOM, '[]', ' \r\n'])
          assert.deepEqual(split(body, { chunk }), { records: [], isComplete: true });
      });

      it('hands on what is no JSON as it is', () => {
        assert.deepEqual(split('}{\nnot json\n', { chunk }).records, ['}{', 'not json']);
        assert.deepEqual(split('[{]}},{"b":2}]', { chunk }).records, ['{]}}', '{"b":2}']);
      });

      it('refuses a record of more than the limit, as a line and as an element', () => {
        const long = `{"a":"${'x'.repeat(50)}"}`;
        assert.throws(() => split(`{"b":2}\n${long}\n`, { chunk, maximumRecordBytes: 40 }), RangeError);
        assert.throws(() => split(`[{"b":2},${long}]`, { chunk, maximumRecordBytes: 40 }), RangeError);
        assert.equal(split(`${long}\n`, { chunk, maximumRecordBytes: long.length }).records.length, 1);
      });
    });
  }

  it('keeps bytes that merely begin like a byte order mark', () => {
    assert.equal(split(Buffer.from([0xef, 0xbb]), { chunk: 1 }).records.length, 1);
  });
});
