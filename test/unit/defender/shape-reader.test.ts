/** Records that look like ones seen before, and are not: each is preceded by what would mislead a careless reader. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPlainDecoder } from '../../../src/defender/plain-decoder.ts';
import { createRecordDecoder } from '../../../src/defender/record-decoder.ts';
import { createRecordCounter, type RecordReader } from '../../../src/defender/record-reader.ts';
import { createRecordSplitter } from '../../../src/defender/record-splitter.ts';
import { createCollectingSink } from '../../support/defender-fixtures.ts';

const LIMITS = { maximumRecordBytes: 10_000, tooLong: () => new Error('too long') };
const DIGITS = '12'.repeat(20);
const LETTERS = 'AB'.repeat(20);
const record = (path: string, thumbprint: string, rest = '') =>
  `{"DeviceId":"d","Path":"${path}${thumbprint}","Thumbprint":"${thumbprint}"${rest}}`;
const PLAIN = record('LocalMachine\\\\My\\\\', LETTERS);
const extra = (value: string) => record('s\\\\', LETTERS, `,"Extra":${value}`);

function read(
  createReader: (sink: ReturnType<typeof createCollectingSink>) => RecordReader,
  bodies: string[],
) {
  const sink = createCollectingSink();
  const reader = createReader(sink);
  for (const body of bodies) {
    const splitter = createRecordSplitter(reader, LIMITS);
    splitter.write(Buffer.from(body));
    splitter.end();
  }
  return [sink.records, sink.rejections, [...sink.unknownColumns].sort()];
}

const CASES: Readonly<Record<string, string[]>> = {
  'an escape in the path that reaches into the thumbprint': [
    [record('\\u', DIGITS), record('\\u', DIGITS), record('\\u', LETTERS), record('\\u', DIGITS)].join('\n'),
  ],
  'a column that is not served, with text that is no JSON': [
    ['"x"', '"x"', '"y"', '"\\x"', '"\t"', '"\u007f"', '"é"', '"\\u00g9"'].map(extra).join('\n'),
  ],
  'a column that is not served, with a number or a name that is none': [
    ['1', '1', '0', '01', '-1', '1.5', 'true', 'tru', 'null', 'nul', '', '[1]', '[1,]'].map(extra).join('\n'),
  ],
  'a line break within a record, once in an array and once between lines': [
    `[${[1, 2, 3].map(() => record('s\\\\', LETTERS, ',\n"KeySize":1')).join(',')}]`,
    `${record('s\\\\', LETTERS, ',\n"KeySize":1')}\n${PLAIN}\n`,
  ],
  'something behind the record': [
    [PLAIN, PLAIN, `${PLAIN} x`, `${PLAIN},`, `${PLAIN}${PLAIN}`, `${PLAIN}\r`, `${PLAIN} `, PLAIN].join(
      '\n',
    ),
    `[${PLAIN},${PLAIN},${PLAIN} x,${PLAIN}\n,${PLAIN}x,${PLAIN} ]`,
  ],
  'a value that goes on where the earlier one ended': [
    [
      record('s\\\\', LETTERS, ',"KeySize":20'),
      record('s\\\\', LETTERS, ',"KeySize":20'),
      record('s\\\\', LETTERS, ',"KeySize":204'),
      record('s\\\\', LETTERS, ',"KeySize":2'),
    ].join('\n'),
  ],
  'two keys for one column': [
    [
      record('s\\\\', LETTERS, ',"KeySize":1,"KeySize":2'),
      record('s\\\\', LETTERS, ',"KeySize":1,"keysize":2'),
      record('s\\\\', LETTERS, ',"KeySize":1,"KeySize":2'),
      record('s\\\\', LETTERS, ',"KeySize":null,"keysize":2'),
    ].join('\n'),
  ],
};

describe('a record that is only nearly like an earlier one', () => {
  for (const [name, bodies] of Object.entries(CASES)) {
    it(`is read as it is: ${name}`, () => {
      const expected = read((sink) => {
        const plain = createPlainDecoder(sink);
        return { ...createRecordCounter(), decode: (...bytes) => void plain.decode(...bytes) };
      }, bodies);
      assert.deepEqual(read(createRecordDecoder, bodies), expected);
      assert.ok((expected[0] as unknown[]).length > 1);
    });
  }
});
