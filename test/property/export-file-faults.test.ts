/** Whatever happens to a file on its way, its records are read as they are, or the read fails and leaves none of them. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { ExportFile } from '../../src/defender/export-endpoint.ts';
import { createEndpointFixture } from '../support/defender-endpoints.ts';
import { createTextReader, neverAborted } from '../support/defender-fixtures.ts';
import { type Answer, type ReceivedRequest, reply } from '../support/upstream-server.ts';

/** One version of a blob, as it lies in the store. */
interface Version {
  readonly lines: readonly string[];
  readonly body: Buffer;
  readonly etag: string | undefined;
  readonly md5: string | undefined;
  /** Whether answers say how long they are. */
  readonly hasLength: boolean;
}

type Fault =
  | { readonly kind: 'reset' | 'end'; readonly at: number }
  | { readonly kind: 'flip'; readonly at: number; readonly mask: number }
  | { readonly kind: 'append'; readonly bytes: Uint8Array }
  | { readonly kind: 'refuse'; readonly status: number }
  | { readonly kind: 'pending' | 'wholeInstead' | 'shiftedRange' | 'replace' | 'html' };

const linesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ name: `${prefix}${index}`, noise: Math.imul(index + 1, 2_654_435_761) >>> 0 }),
  );

const form = fc.constantFrom('gzip', 'members', 'padded', 'text', 'array', 'blankText');

/** Text, or gzip members in a row, can be cut between two of them without anybody knowing, unless the MD5 is known. */
const version = (prefix: string): fc.Arbitrary<Version> =>
  fc
    .record({
      count: fc.integer({ min: 0, max: 40 }),
      form,
      etag: fc.constantFrom(`"${prefix}"`, `W/"${prefix}"`, undefined),
      hasMd5: fc.boolean(),
      hasLength: fc.boolean(),
    })
    .map(({ count, form, etag, hasMd5, hasLength }) => {
      const lines = linesOf(prefix, count);
      const isText = form === 'text' || form === 'array' || form === 'blankText';
      const body = wrap(lines, count === 0 && isText ? 'gzip' : form);
      const isDivisible = isText || form === 'members';
      const md5 = hasMd5 || isDivisible ? createHash('md5').update(body).digest('base64') : undefined;
      return { lines, body, etag, md5, hasLength };
    });

function wrap(lines: readonly string[], as: string): Buffer {
  const text = lines.join('\n');
  switch (as) {
    case 'members':
      return Buffer.concat([...lines.map((line) => gzipSync(`${line}\n`)), gzipSync('')]);
    case 'padded':
      return Buffer.concat([gzipSync(text), Buffer.alloc(17)]);
    case 'text':
      return Buffer.from(text);
    case 'array':
      return Buffer.from(`[${lines.join(',')}]`);
    case 'blankText':
      return Buffer.from(`\ufeff\r\n${lines.join('\r\n\r\n')}\r\n`);
    default:
      return gzipSync(text);
  }
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('reset', 'end'), at: fc.nat() }) },
  fc.record({ kind: fc.constant('flip'), at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('append'), bytes: fc.uint8Array({ minLength: 1, maxLength: 30 }) }),
  fc.record({
    kind: fc.constant('refuse'),
    status: fc.constantFrom(412, 416, 429, 500, 503, 403, 404, 409),
  }),
  fc.record({ kind: fc.constantFrom('pending', 'wholeInstead', 'shiftedRange', 'replace', 'html') }),
);

/** The answer of the store, after the fault. */
function answerWith(version: Version, { headers }: ReceivedRequest, fault: Fault | undefined): Answer {
  const { body, etag, md5, hasLength } = version;
  if (fault?.kind === 'refuse') return reply(fault.status, '<Error><Code>Odd</Code></Error>');
  if (fault?.kind === 'pending') return reply(200, '', { 'x-ms-copy-status': 'pending' });
  if (fault?.kind === 'html') return reply(200, '<html>Sign in</html>');
  const isRange = headers.range !== undefined && fault?.kind !== 'wholeInstead';
  if (isRange && headers['if-match'] !== etag) return reply(412);
  const asked = isRange ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1]) : 0;
  if (asked >= body.length) return reply(416);
  const start = isRange && fault?.kind === 'shiftedRange' ? Math.max(asked - 1, 0) : asked;
  const head: Record<string, string> = {
    ...(etag === undefined ? {} : { etag }),
    ...(md5 === undefined ? {} : { [isRange ? 'x-ms-blob-content-md5' : 'content-md5']: md5 }),
    ...(isRange ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
  };
  const bytes = change(body.subarray(start), fault);
  const stopsAt =
    fault?.kind === 'reset' || fault?.kind === 'end' ? fault.at % (bytes.length + 1) : undefined;
  const length: Record<string, string> =
    hasLength && fault?.kind !== 'end' ? { 'content-length': String(bytes.length) } : {};
  return (_request, response) => {
    response.writeHead(isRange ? 206 : 200, { ...head, ...length });
    if (stopsAt === undefined) response.end(bytes);
    else if (fault?.kind === 'end') response.end(bytes.subarray(0, stopsAt));
    else response.write(bytes.subarray(0, stopsAt), () => response.destroy());
  };
}

function change(bytes: Buffer, fault: Fault | undefined): Buffer {
  if (fault?.kind === 'append') return Buffer.concat([bytes, fault.bytes]);
  if (fault?.kind !== 'flip' || bytes.length === 0) return bytes;
  const flipped = Buffer.from(bytes);
  const at = fault.at % bytes.length;
  flipped[at] = (flipped[at] as number) ^ fault.mask;
  return flipped;
}

describe('an export file under any schedule of faults', () => {
  it('gives the records of one version, all of them and once, or an error and none', async () => {
    let answer: Answer = reply(500);
    await using fixture = await createEndpointFixture((request, response) => answer(request, response));
    const outcomes = { read: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(
        version('a'),
        version('b'),
        fc.array(fault, { maxLength: 7 }),
        async (first, second, faults) => {
          const due = [...faults];
          let current = first;
          answer = (request, response) => {
            const next = due.shift();
            if (next?.kind === 'replace') current = second;
            return answerWith(current, request, next)(request, response);
          };
          const file: ExportFile = {
            url: new URL('/part-0.json.gz?sig=1', fixture.server.url),
            rbacGroupId: null,
            expiresAtMs: null,
          };
          const { reader, records } = createTextReader();
          const options = { reader, onBytes: () => {}, signal: neverAborted() };
          const error: { code?: string } | undefined = await fixture.fileReader
            .readRecords(file, options)
            .then(
              () => undefined,
              (failure) => failure,
            );
          if (error === undefined) {
            outcomes.read += 1;
            assert.deepEqual(records, current.lines);
          } else {
            outcomes.failed += 1;
            assert.match(error.code ?? String(error), /^UPSTREAM_/);
            assert.deepEqual(records, []);
          }
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(outcomes.read > 40 && outcomes.failed > 10, JSON.stringify(outcomes));
  });
});
