import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { ExportFile } from '../../../src/defender/export-endpoint.ts';
import type { Retry } from '../../../src/defender/retry.ts';
import { createEndpointFixture, type EndpointFixtureOptions } from '../../support/defender-endpoints.ts';
import { createTextReader, neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { type Answer, inTurn, reply, replyCut } from '../../support/upstream-server.ts';

async function read(
  answer: Answer,
  {
    onFirstRecord = () => {},
    onRetry = () => {},
    stopAfter = Number.POSITIVE_INFINITY,
    query = 'sig=SECRET%2B',
    ...options
  }: EndpointFixtureOptions & { onFirstRecord?: () => void; stopAfter?: number; query?: string } = {},
) {
  const stop = new AbortController();
  const retries: Retry[] = [];
  await using fixture = await createEndpointFixture(answer, {
    ...options,
    onRetry: (retry) => {
      onRetry(retry);
      if (retries.push(retry) === stopAfter) stop.abort(new Error('stopped'));
    },
  });
  const file: ExportFile = {
    url: new URL(`/c/part-0.json.gz?${query}`, fixture.server.url),
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
      signal: stop.signal,
    })
    .then(
      () => undefined,
      (failure) => failure,
    );
  const message = error?.message.replaceAll(fixture.server.host, 'HOST');
  return { records, bytes, error, message, requests: fixture.server.requests, clock: fixture.clock, retries };
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
    ['plain text with blank lines', Buffer.from(`\ufeff\n\r\n${LINES.join('\n\n')}\n \n`), {}],
    ['a plain array', Buffer.from(`[${LINES.join(',\n')}]\n`), {}],
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

  describe('when the file changes while it is read', () => {
    /** Plain text, in which nothing gives a mixture of two versions away. */
    const text = Buffer.from(LINES.join('\n'));
    const other = Buffer.from(LINES.toReversed().join('\n'));
    /** The first answer breaks off once a record was handed on, so that there is something to take back. */
    const readThen = (second: Answer, headers: Readonly<Record<string, string>>) => {
      const firstRecord = Promise.withResolvers<void>();
      return read(inTurn(replyCut(text, 9_000, headers, firstRecord.promise), second), {
        onFirstRecord: firstRecord.resolve,
      });
    };
    const otherTag = { etag: '"other"' };
    const partOf = (headers: Readonly<Record<string, string>>, start = 9_000) =>
      reply(206, other.subarray(9_000), {
        ...headers,
        'content-range': `bytes ${start}-${other.length - 1}/${other.length}`,
      });

    for (const [name, second, headers] of [
      ['412', rangeStore(other, otherTag.etag), ETAG],
      ['416', inTurn(reply(416), reply(200, other)), ETAG],
      ['another version instead of the range', reply(200, other, otherTag), ETAG],
      ['a range of another version', inTurn(partOf(otherTag), reply(200, other, otherTag)), ETAG],
      ['another range', inTurn(partOf(ETAG, 9_001), reply(200, other, otherTag)), ETAG],
      ['another version, and none had a strong ETag', reply(200, other), {}],
    ] as const) {
      it(`starts over after ${name}, and keeps nothing of the first try`, async () => {
        const { error, records } = await readThen(second, headers);
        assert.deepEqual([error, records], [undefined, LINES.toReversed()]);
      });
    }

    it('gives up when it changes every time', async () => {
      let version = 0;
      const { error, message, requests } = await read((received, response) => {
        version += 1;
        return received.headers.range === undefined
          ? replyCut(FILE, 9_000, { etag: `"${version}"` })(received, response)
          : reply(412)(received, response);
      });
      assert.deepEqual(
        [error?.code, error?.retryable, message, requests.length],
        [
          'UPSTREAM_FILE_CORRUPT',
          true,
          `${NAME} changed while it was read (412). The next refresh reads it anew.`,
          6,
        ],
      );
    });
  });

  it('comes through any number of resets while each resume gets further', async () => {
    let sent = 0;
    const step = Math.ceil(FILE.length / 30);
    const { error, records, requests, bytes } = await read((received, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(received.headers.range ?? '')?.[1] ?? 0);
      assert.equal(start, sent);
      const isLast = start + step >= FILE.length;
      sent = Math.min(start + step, FILE.length);
      const head = { ...ETAG, 'content-length': String(FILE.length - start) };
      const range = { 'content-range': `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
      response.writeHead(start === 0 ? 200 : 206, start === 0 ? head : { ...head, ...range });
      response.write(FILE.subarray(start, sent), () => (isLast ? response.end() : response.destroy()));
    });
    assert.deepEqual([error, records, requests.length, bytes], [undefined, LINES, 30, FILE.length]);
  });

  it('gives up when resumes get no further', async () => {
    const { error, requests } = await read(
      inTurn(replyCut(FILE, 9_000, ETAG), (_received, response) => void response.destroy()),
    );
    assert.deepEqual([error?.code, requests.length], ['UPSTREAM_CONNECTION_LOST', 4]);
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

  it('waits for a copy for as long as it is let, and tells of every wait', async () => {
    const { error, retries, clock } = await read(reply(200, '', { 'x-ms-copy-status': 'pending' }), {
      stopAfter: 100,
    });
    assert.deepEqual(
      [error?.message, retries.length, clock.now()],
      ['stopped', 100, 1_000 + 2_000 + 4_000 + 8_000 + 95 * 10_000],
    );
    assert.deepEqual(retries.at(-1), { code: 'UPSTREAM_FILE_NOT_READY', delayMs: 10_000 });
  });

  for (const copyStatus of ['failed', 'aborted']) {
    it(`does not wait for a copy that has ${copyStatus}`, async () => {
      const { error, message, retries } = await read(reply(200, '', { 'x-ms-copy-status': copyStatus }));
      assert.deepEqual(
        [error?.code, error?.retryable, message, retries],
        [
          'UPSTREAM_NOT_FOUND',
          true,
          `${NAME} was never completed (copy ${copyStatus}). The next refresh asks for new files.`,
          [],
        ],
      );
    });
  }

  it('waits for an address that the store says is not valid yet, a few minutes at most', async () => {
    const early = (minutes: number) =>
      reply(
        403,
        `<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [Tue, 04 Nov 2025 08:0${minutes}:00 GMT] - Expiry [Tue, 04 Nov 2025 09:00:00 GMT] - Current [Tue, 04 Nov 2025 08:00:00 GMT]</AuthenticationErrorDetail></Error>`,
      );
    const { error, records, clock } = await read(inTurn(early(4), early(1), reply(200, FILE)));
    assert.deepEqual([error, records, clock.now()], [undefined, LINES, 300_000]);
    const tooLong = await read(early(6));
    assert.deepEqual(
      [tooLong.error?.code, tooLong.error?.retryAtMs, tooLong.requests.length],
      ['UPSTREAM_FILE_FORBIDDEN', 360_000, 1],
    );
    const never = await read(early(1));
    assert.deepEqual([never.error?.code, never.requests.length], ['UPSTREAM_FILE_FORBIDDEN', 3]);
  });

  it('waits until the start that the address names when the store refuses without saying why', async () => {
    const { error, records, clock } = await read(inTurn(reply(403), reply(200, FILE)), {
      query: 'st=1970-01-01T00:00:40Z&skt=1970-01-01T00:00:50Z&sig=SECRET',
    });
    assert.deepEqual([error, records, clock.now()], [undefined, LINES, 50_000]);
  });

  describe('with a stored MD5', () => {
    const md5 = createHash('md5').update(FILE).digest('base64');
    const other = createHash('md5').update('other').digest('base64');

    it('takes a file that has it, resumed or whole', async () => {
      const whole = await read(reply(200, FILE, { 'content-md5': md5 }));
      assert.deepEqual([whole.error, whole.records], [undefined, LINES]);
      const resumed = await read(
        inTurn(
          replyCut(FILE, 9_000, { ...ETAG, 'content-md5': md5 }),
          reply(206, FILE.subarray(9_000), {
            ...ETAG,
            'content-range': `bytes 9000-${FILE.length - 1}/${FILE.length}`,
            'content-md5': other,
            'x-ms-blob-content-md5': md5,
          }),
        ),
      );
      assert.deepEqual([resumed.error, resumed.records], [undefined, LINES]);
    });

    it('reads a file anew that has another, and keeps nothing of it', async () => {
      const text = Buffer.from(LINES.join('\n'));
      const textMd5 = createHash('md5').update(text).digest('base64');
      const flipped = Buffer.from(text);
      flipped[20] = 0x31;
      const { error, records } = await read(
        inTurn(reply(200, flipped, { 'content-md5': textMd5 }), reply(200, text, { 'content-md5': textMd5 })),
      );
      assert.deepEqual([error, records], [undefined, LINES]);
    });

    it('gives up on a file that never has it', async () => {
      const { error, message, requests, records } = await read(reply(200, FILE, { 'content-md5': other }));
      assert.deepEqual(
        [error?.code, message, requests.length, records],
        [
          'UPSTREAM_FILE_CORRUPT',
          `${NAME} came with other bytes than were stored: its MD5 differs. The next refresh reads it anew.`,
          3,
          [],
        ],
      );
    });

    it('finds it wrong behind zeros that zlib does not read', async () => {
      const padded = Buffer.concat([FILE, Buffer.alloc(100_000)]);
      const { error } = await read(reply(200, padded, { 'content-md5': md5 }));
      assert.equal(error?.code, 'UPSTREAM_FILE_CORRUPT');
    });
  });

  it('reads a body without a length, and takes one that is shorter than the file for cut off', async () => {
    const chunked: Answer = (_received, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write(FILE.subarray(0, 5_000));
      response.end(FILE.subarray(5_000));
    };
    assert.deepEqual((await read(chunked)).records, LINES);
    const partial = reply(206, FILE.subarray(0, 9_000), {
      'content-range': `bytes 0-8999/${FILE.length}`,
    });
    const cut = await read(partial);
    assert.deepEqual(
      [cut.error?.code, cut.message, cut.requests.length, cut.records],
      [
        'UPSTREAM_FILE_CORRUPT',
        `${NAME} is not whole: 9000 bytes came, and it has ${FILE.length}. The next refresh reads it anew.`,
        3,
        [],
      ],
    );
    const longer: Answer = (_received, response) => {
      response.writeHead(200, { 'content-length': String(FILE.length + 9), connection: 'close' });
      response.write(FILE, () => response.socket?.end());
    };
    assert.equal((await read(longer)).error?.code, 'UPSTREAM_CONNECTION_LOST');
    const shorter: Answer = (_received, response) => {
      response.strictContentLength = false;
      response.writeHead(200, { 'content-length': '9000', connection: 'close' });
      response.write(FILE.subarray(0, 9_000));
      response.socket?.end(FILE.subarray(9_000));
    };
    assert.deepEqual((await read(inTurn(shorter, reply(200, FILE)))).records, LINES);
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
      'a member behind zeros',
      Buffer.concat([FILE, Buffer.alloc(9), FILE]),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} cannot be read (the gzip data is followed by something else). The next refresh reads it anew.`,
      3,
    ],
    [
      'an empty body',
      Buffer.alloc(0),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} is empty, which no part of an export is. The next refresh reads it anew.`,
      3,
    ],
    [
      'the page of a proxy',
      Buffer.from('\r\n<html>Sign in</html>'),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} is neither gzip nor JSON. The next refresh reads it anew.`,
      3,
    ],
    [
      'gzip data whose first byte is torn',
      Buffer.concat([Buffer.from([0x1e]), FILE.subarray(1)]),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} is neither gzip nor JSON. The next refresh reads it anew.`,
      3,
    ],
    [
      'text that ends inside of a record',
      Buffer.from('{"a":1}\n{"a":"\n'),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} ends inside of a record. The next refresh reads it anew.`,
      3,
    ],
    [
      'an array that is not closed',
      gzipSync('[{"a":1},'),
      'UPSTREAM_FILE_CORRUPT',
      `${NAME} ends inside of an array. The next refresh reads it anew.`,
      3,
    ],
    [
      'a gigantic line',
      gzipSync(`{"a":"${'x'.repeat(20_000)}"}`),
      'UPSTREAM_FILE_TOO_LARGE',
      `${NAME} holds a line of more than 10000 bytes, which is no inventory record. Report it.`,
      1,
    ],
    [
      'a bomb',
      gzipSync(Buffer.alloc(70_000_000, '\n')),
      'UPSTREAM_FILE_TOO_LARGE',
      `${NAME} is refused: more than 300 times its size when inflated. No inventory unpacks like that; report it.`,
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
