/** However bytes are cut on their way, the same records come out. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { inflate } from '../../src/defender/inflate.ts';
import { createPageScanner } from '../../src/defender/page-scanner.ts';
import { createRecordCounter } from '../../src/defender/record-reader.ts';
import { createRecordSplitter } from '../../src/defender/record-splitter.ts';
import { chunksOf, createTextReader } from '../support/defender-fixtures.ts';

const LIMITS = { maximumRecordBytes: 1_000_000, tooLong: () => new RangeError('too long') };
const records = fc.array(
  fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }),
  { maxLength: 20 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
/** Text between records: never a byte that a record needs. */
const gap = fc.stringMatching(/^[ \t\r]{0,3}$/);

describe('any chunking', () => {
  it('gives the same records from lines', () => {
    fc.assert(
      fc.property(
        records,
        sizes,
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.boolean(),
        fc.boolean(),
        (values, pieces, newline, hasMark, isEnded) => {
          const body =
            (hasMark ? '\ufeff' : '') +
            values.map((value) => JSON.stringify(value)).join(newline) +
            (isEnded ? newline : '');
          const { reader, records: found } = createTextReader();
          const splitter = createRecordSplitter(reader, LIMITS);
          for (const chunk of chunksOf(Buffer.from(body), pieces)) splitter.write(chunk);
          assert.equal(splitter.end(), true);
          assert.deepEqual(found.map(parse), values.map(throughJson));
        },
      ),
    );
  });

  it('gives the same records from an array', () => {
    fc.assert(
      fc.property(records, sizes, gap, fc.option(fc.constant(2)), (values, pieces, blank, indent) => {
        const body = `${blank}${JSON.stringify(values, null, indent ?? undefined)}${blank}\n`;
        const { reader, records: found } = createTextReader();
        const splitter = createRecordSplitter(reader, LIMITS);
        for (const chunk of chunksOf(Buffer.from(body), pieces)) splitter.write(chunk);
        assert.equal(splitter.end(), true);
        assert.deepEqual(found.map(parse), values.map(throughJson));
      }),
    );
  });

  it('gives the same records and link from a page, wherever its members stand', () => {
    const page = fc.tuple(records, fc.option(fc.webUrl()), fc.jsonValue({ maxDepth: 2 }), fc.boolean());
    fc.assert(
      fc.property(
        page,
        sizes,
        fc.option(fc.constant(1)),
        ([values, link, context, linkFirst], pieces, indent) => {
          const linkMember = link === null ? {} : { '@odata.nextLink': link };
          const members = linkFirst
            ? { ...linkMember, other: { value: [context] }, value: values }
            : { '@odata.context': context, value: values, ...linkMember };
          const { reader, records: found } = createTextReader();
          const scanner = createPageScanner(reader, LIMITS);
          for (const chunk of chunksOf(
            Buffer.from(JSON.stringify(members, null, indent ?? undefined)),
            pieces,
          ))
            scanner.write(chunk);
          assert.deepEqual(scanner.end(), { kind: 'PAGE', nextLink: link });
          assert.deepEqual(found.map(parse), values.map(throughJson));
        },
      ),
    );
  });

  it('never takes a page that is cut anywhere for a whole one', () => {
    fc.assert(
      fc.property(records, fc.nat(), (values, at) => {
        const body = Buffer.from(JSON.stringify({ value: values, '@odata.nextLink': 'https://x/' }));
        const scanner = createPageScanner(createRecordCounter(), LIMITS);
        scanner.write(body.subarray(0, at % body.length));
        assert.equal(scanner.end().kind, 'MALFORMED');
      }),
    );
  });

  it('inflates to the same bytes, in any number of gzip members', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        sizes,
        async (members, pieces) => {
          const body = Buffer.concat(members.map((member) => gzipSync(member)));
          const out: Buffer[] = [];
          for await (const chunk of inflate(asStream(chunksOf(body, pieces)))) out.push(chunk);
          assert.deepEqual(Buffer.concat(out), Buffer.concat(members));
        },
      ),
      { numRuns: 50 },
    );
  });
});

async function* asStream(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

const parse = (text: string): unknown => JSON.parse(text);

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
