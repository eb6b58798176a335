import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { ExportFile } from '../../../src/defender/export-endpoint.ts';
import { createEndpointFixture, type EndpointFixtureOptions } from '../../support/defender-endpoints.ts';
import { createTextReader, neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { type Answer, inTurn, reply, replyCut } from '../../support/upstream-server.ts';

async function read(
  answer: Answer,
  { onFirstRecord = () => {}, ...options }: EndpointFixtureOptions & { onFirstRecord?: () => void } = {},
) {
  await using fixture = await createEndpointFixture(answer, options);
  const file: ExportFile = {
    url: new URL('/c/part-0.json.gz?sig=SECRET%2B', fixture.server.url),
    rbacGroupId: null,
    expiresAtMs: null,
  };
  const { reader, records } = createTextReader();
  let bytes = 0;
  const error: GatewayError | undefined = await fixture.fileReader
    .readRecords(file, {
      reader: {
        ...reader,
        decode: (...record) => {
          reader.decode(...record);
          onFirstRecord();
        },
      },
      onBytes: (sizeBytes) => {
        bytes += sizeBytes;
      },
      signal: neverAborted(),
    })
    .then(
      () => undefined,
      (failure) => failure,
    );
  const message = error?.message.replaceAll(fixture.server.host, 'HOST');
  return { records, bytes, error, message, requests: fixture.server.requests, clock: fixture.clock };
}

/** Numbered lines that do not compress away, so that a cut falls inside of them. */
const LINES = Array.from({ length: 2_000 }, (_, index) =>
  JSON.stringify({ index, noise: Math.imul(index + 1, 2_654_435_761) >>> 0 }),
);
const FILE = gzipSync(`${LINES.join('\n')}\n`);
const ETAG = { etag: '"0x8D1"' };
const NAME = 'The export file part-0.json.gz at HOST';

/** A blob store that honours Range and If-Match, after the given answers. */
function rangeStore(body: Buffer, etag = ETAG.etag): Answer {
  return (received, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(received.headers.range ?? '')?.[1] ?? Number.NaN);
    if (received.headers['if-match'] !== undefined && received.headers['if-match'] !== etag)
      return reply(412)(received, response);
    if (Number.isNaN(start)) return reply(200, body, { etag })(received, response);
    if (start >= body.length) return reply(416)(received, response);
    return reply(206, body.subarray(start), {
      etag,
      'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
    })(received, response);
  };
}

describe('export file reader', () => {
  it('reads gzip lines, sends no bearer token and leaves the signature as it is', async () => {
    const { records, bytes, requests, error } = await read(reply(200, FILE));
    assert.deepEqual([error, records, bytes], [undefined, LINES, FILE.length]);
    assert.equal(requests[0]?.path, '/c/part-0.json.gz?sig=SECRET%2B');
    assert.equal(requests[0]?.headers.authorization, undefined);
    assert.equal(requests[0]?.headers['accept-encoding'], 'identity');
    assert.equal(requests[0]?.headers['user-agent'], 'test/1');
  });

  for (const [name, body, headers] of [
    ['plain text under .gz', Buffer.from(LINES.join('\r\n')), {}],
    ['gzip with Content-Encoding set', FILE, { 'content-encoding': 'gzip' }],
    [
      'several gzip members',
      Buffer.concat([gzipSync(`${LINES.slice(0, 900).join('\n')}\n`), gzipSync(LINES.slice(900).join('\n'))]),
      {},
    ],
    ['an array', gzipSync(`[${LINES.join(',')}]`), {}],
    ['a byte order mark', gzipSync(`\ufeff${LINES.join('\n')}`), {}],
  ] as const) {
    it(`reads ${name}`, async () => {
      const { records, error } = await read(reply(200, body, headers));
      assert.deepEqual([error, records], [undefined, LINES]);
    });
  }

  it('takes a part without records for what it is', async () => {
    const { records, error } = await read(reply(200, gzipSync('')));
    assert.deepEqual([error, records], [undefined, []]);
  });

  it('goes on by range where the connection broke, with the ETag it was given', async () => {
    const { records, error, bytes, requests } = await read(
      inTurn(replyCut(FILE, 9_000, ETAG), rangeStore(FILE)),
    );
    assert.deepEqual([error, records, bytes], [undefined, LINES, FILE.length]);
    assert.deepEqual(
      requests.map(({ headers }) => [headers.range, headers['if-match']]),
      [
        [undefined, undefined],
        ['bytes=9000-', ETAG.etag],
      ],
    );
  });

  it('skips what it has when the range is ignored', async () => {
    const { records, error, requests } = await read(
      inTurn(replyCut(FILE, 9_000, ETAG), reply(200, FILE, ETAG)),
    );
    assert.deepEqual([error, records, requests.length], [undefined, LINES, 2]);
  });

  it('starts over without an ETag, and keeps nothing of the first try', async () => {
    for (const headers of [{}, { etag: 'W/"weak"' }] as Record<string, string>[]) {
      const { records, error, requests } = await read(
        inTurn(replyCut(FILE, 9_000, headers), reply(200, FILE)),
      );
      assert.deepEqual([error, records, requests[1]?.headers.range], [undefined, LINES, undefined]);
    }
  });

  it('starts over when the gzip data ended early although the answer was whole', async () => {
    const { records, error } = await read(inTurn(reply(200, FILE.subarray(0, 9_000)), reply(200, FILE)));
    assert.deepEqual([error, records], [undefined, LINES]);
  });

  it('fails when the file is known to have changed after some of it was handed on', async () => {
    const other = gzipSync(LINES.toReversed().join('\n'));
    /** The first answer breaks off once a record was handed on, so that starting over is out of the question. */
    const readThen = (second: Answer, headers: Readonly<Record<string, string>>) => {
      const firstRecord = Promise.withResolvers<void>();
      return read(inTurn(replyCut(FILE, 9_000, headers, firstRecord.promise), second), {
        onFirstRecord: firstRecord.resolve,
      });
    };
    const withTag = await readThen(rangeStore(other, '"other"'), ETAG);
    assert.deepEqual(
      [withTag.error?.code, withTag.message],
      ['UPSTREAM_FILE_CORRUPT', `${NAME} changed while it was read (412). The next refresh reads it anew.`],
    );
    const ignored = await readThen(reply(200, other, { etag: '"other"' }), ETAG);
    assert.deepEqual(
      [ignored.error?.code, ignored.message],
      ['UPSTREAM_FILE_CORRUPT', `${NAME} changed while it was read. The next refresh reads it anew.`],
    );
    const withoutTag = await readThen(reply(200, other), {});
    assert.deepEqual([withoutTag.error, withoutTag.records], [undefined, LINES.toReversed()]);
  });

  it('waits for a file that is being copied, from one second up to ten between looks', async () => {
    const pending = reply(200, '', { 'x-ms-copy-status': 'pending', 'x-ms-copy-progress': '0/100' });
    const locked = reply(409, '<Error><Code>PendingCopyOperation</Code></Error>');
    const { records, error, clock } = await read(
      inTurn(pending, pending, locked, pending, pending, reply(200, FILE)),
    );
    assert.deepEqual(
      [error, records.length, clock.now()],
      [undefined, LINES.length, 1_000 + 2_000 + 4_000 + 8_000 + 10_000],
    );
  });

  it('does not wait for ever for a copy, nor for one that failed', async () => {
    const never = await read(reply(200, '', { 'x-ms-copy-status': 'pending' }));
    assert.deepEqual(
      [never.error?.code, never.error?.retryable, never.message],
      [
        'UPSTREAM_FILE_NOT_READY',
        true,
        `${NAME} is listed but still being copied after 900 s. The next refresh asks for the files anew.`,
      ],
    );
    assert.ok(never.clock.now() <= 900_000);
    const failed = await read(reply(200, '', { 'x-ms-copy-status': 'failed' }));
    assert.equal(
      failed.message,
      `${NAME} was never completed (copy failed). The next refresh asks for the files anew.`,
    );
  });

  for (const [name, body, code, expected, tries] of [
    [
      'gzip data that end early',
      FILE.subarray(0, 9_000),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} cannot be read (the gzip data ends early). The next refresh reads it anew.`,
      3,
    ],
    [
      'a wrong checksum',
      Buffer.concat([FILE.subarray(0, -8), Buffer.alloc(8)]),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} cannot be read (the gzip data is corrupt: incorrect data check). The next refresh reads it anew.`,
      3,
    ],
    [
      'garbage behind the data',
      Buffer.concat([FILE, Buffer.from('garbage')]),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} cannot be read (the gzip data is corrupt: incorrect header check). The next refresh reads it anew.`,
      3,
    ],
    [
      'an empty body',
      Buffer.alloc(0),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} is empty, which no part of an export is.`,
      3,
    ],
    [
      'an array that is not closed',
      gzipSync('[{"a":1},'),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} ends inside of an array. The next refresh reads it anew.`,
      1,
    ],
    [
      'a gigantic line',
      gzipSync(`{"a":"${'x'.repeat(20_000)}"}`),
      'UPSTREAM_FILE_TOO_LARGE',
      `${NAME} holds a line of more than 10000 bytes, which is no inventory record.`,
      1,
    ],
    [
      'a bomb',
      gzipSync(Buffer.alloc(70_000_000, '\n')),
      'UPSTREAM_FILE_TOO_LARGE',
      `${NAME} is refused: more than 300 times its size when inflated.`,
      1,
    ],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const { error, message, requests } = await read(reply(200, body));
      assert.deepEqual([error?.code, message, requests.length], [code, expected, tries]);
    });
  }

  it('comes through 503s and a reset before the first byte', async () => {
    const { records, error } = await read(
      inTurn(
        reply(503, '<Error><Code>ServerBusy</Code></Error>', { 'retry-after': '2' }),
        (_received, response) => void response.destroy(),
        reply(500),
        reply(200, FILE),
      ),
    );
    assert.deepEqual([error, records], [undefined, LINES]);
  });

  it('gives up on an expired URL at once, without its signature in the message', async () => {
    const { error, requests } = await read(reply(403, '<Error><Code>AuthenticationFailed</Code></Error>'));
    assert.deepEqual([error?.code, requests.length], ['UPSTREAM_FILE_FORBIDDEN', 1]);
    assert.doesNotMatch(String(error?.message), /SECRET/);
  });

  it('ends with its signal in the middle of the body', async () => {
    const stop = new AbortController();
    await using fixture = await createEndpointFixture((_received, response) => {
      response.writeHead(200).write(FILE.subarray(0, 9_000));
    });
    const file: ExportFile = { url: new URL('/x', fixture.server.url), rbacGroupId: null, expiresAtMs: null };
    const reading = fixture.fileReader.readRecords(file, {
      reader: createTextReader().reader,
      onBytes: () => stop.abort(new Error('stopped')),
      signal: stop.signal,
    });
    assert.equal((await rejectionOf(reading)).message, 'stopped');
  });
});

describe('first bytes of a file', () => {
  const open = async (answer: Answer) => {
    await using fixture = await createEndpointFixture(answer);
    const file: ExportFile = { url: new URL('/x', fixture.server.url), rbacGroupId: null, expiresAtMs: null };
    const opening = await fixture.blobs.readFirstBytes(file, { signal: neverAborted() });
    return { ...opening, range: fixture.server.requests[0]?.headers.range };
  };

  it('come by a ranged read, with the size of the whole', async () => {
    const ranged = reply(206, FILE.subarray(0, 1_024), { 'content-range': `bytes 0-1023/${FILE.length}` });
    assert.deepEqual(await open(ranged), {
      bytes: FILE.subarray(0, 1_024),
      sizeBytes: FILE.length,
      isPending: false,
      range: 'bytes=0-1023',
    });
  });

  it('are cut when the range is ignored', async () => {
    const { bytes, sizeBytes } = await open(reply(200, FILE, { 'content-length': String(FILE.length) }));
    assert.deepEqual([bytes.length, sizeBytes], [1_024, FILE.length]);
  });

  it('are none while the file is being copied', async () => {
    assert.deepEqual((await open(reply(200, '', { 'x-ms-copy-status': 'pending' }))).isPending, true);
  });
});
