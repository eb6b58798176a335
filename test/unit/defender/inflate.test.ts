import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBounded } from '../../../src/defender/bounded-body.ts';
import { InflateError, type InflateLimits, inflate } from '../../../src/defender/inflate.ts';
import { chunksOf, rejectionOf } from '../../support/defender-fixtures.ts';
import { settle } from '../../support/manual-clock.ts';

async function inflated(
  body: Buffer,
  options: { chunk?: number; limits?: InflateLimits } = {},
): Promise<Buffer> {
  async function* source() {
    yield* chunksOf(body, [options.chunk ?? 1_000_000]);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of inflate(source(), options.limits)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const TEXT = Buffer.from('{"a":1}\n{"b":2}\n'.repeat(500));

describe('inflate', () => {
  for (const chunk of [1, 10, 100_000]) {
    describe(`with chunks of ${chunk}`, () => {
      it('inflates gzip, whatever it is called', async () => {
        assert.deepEqual(await inflated(gzipSync(TEXT), { chunk }), TEXT);
      });

      it('reads several gzip members as one body', async () => {
        assert.deepEqual(
          await inflated(Buffer.concat([gzipSync(TEXT), gzipSync(''), gzipSync(TEXT)]), { chunk }),
          Buffer.concat([TEXT, TEXT]),
        );
      });

      it('passes plain text on', async () => {
        assert.deepEqual(await inflated(TEXT, { chunk }), TEXT);
        assert.deepEqual(await inflated(Buffer.from('x'), { chunk }), Buffer.from('x'));
        assert.deepEqual(await inflated(Buffer.alloc(0), { chunk }), Buffer.alloc(0));
      });

      it('says that gzip data ends early', async () => {
        const whole = gzipSync(TEXT);
        for (const kept of [1, 2, 9, 20, whole.length - 1]) {
          const error = await rejectionOf(inflated(whole.subarray(0, kept), { chunk }));
          assert.ok(error instanceof InflateError && error.problem === 'TRUNCATED', `${kept}: ${error}`);
        }
      });

      it('says that a checksum is wrong', async () => {
        const broken = gzipSync(TEXT);
        broken[broken.length - 6] = (broken.at(-6) as number) ^ 0xff;
        const error = await rejectionOf(inflated(broken, { chunk }));
        assert.ok(error instanceof InflateError && error.problem === 'CORRUPT');
      });
    });
  }

  for (const chunk of [1, 7, 100_000]) {
    it(`takes zeros behind the gzip data for padding, and nothing else, with chunks of ${chunk}`, async () => {
      const whole = gzipSync(TEXT);
      const zeros = Buffer.alloc(40);
      assert.deepEqual(await inflated(Buffer.concat([whole, zeros]), { chunk }), TEXT);
      for (const behind of [Buffer.from('garbage'), Buffer.concat([zeros, Buffer.from([1])])]) {
        const error = await rejectionOf(inflated(Buffer.concat([whole, behind]), { chunk }));
        assert.ok(error instanceof InflateError && error.problem === 'CORRUPT', String(error));
      }
      const error = await rejectionOf(inflated(Buffer.concat([whole, zeros, whole]), { chunk }));
      assert.equal(error.message, 'the gzip data is followed by something else');
    });

    it(`reads its source to the end behind padding, with chunks of ${chunk}`, async () => {
      for (const isSlow of [false, true]) {
        /** Goes on once zlib has stopped listening, or before. */
        async function* source(ending: () => Buffer) {
          yield* chunksOf(Buffer.concat([gzipSync(TEXT), Buffer.alloc(40)]), [chunk]);
          for (let turns = isSlow ? 50 : 0; turns > 0; turns -= 1) await settle();
          yield ending();
        }
        async function drain(ending: () => Buffer) {
          for await (const _ of inflate(source(ending)));
        }
        const fail = () => {
          throw new RangeError('other bytes than were stored');
        };
        assert.ok((await rejectionOf(drain(fail))) instanceof RangeError);
        assert.ok((await rejectionOf(drain(() => Buffer.from('x')))) instanceof InflateError);
        await drain(() => Buffer.alloc(3));
      }
    });
  }

  it('does not take what begins like gzip data for text', async () => {
    const torn = gzipSync(TEXT);
    torn[1] = 0;
    const error = await rejectionOf(inflated(torn));
    assert.ok(error instanceof InflateError && error.problem === 'CORRUPT');
    assert.equal(error.message, 'it begins like gzip data and is none');
  });

  it('stops at the size limit', async () => {
    const error = await rejectionOf(inflated(gzipSync(TEXT), { limits: { maximumBytes: 7_999 } }));
    assert.ok(error instanceof InflateError && error.problem === 'TOO_LARGE');
    assert.equal(error.message, 'more than 7999 bytes when inflated');
  });

  it('stops a bomb by its ratio', async () => {
    const error = await rejectionOf(inflated(gzipSync(Buffer.alloc(70_000_000))));
    assert.ok(error instanceof InflateError && error.problem === 'TOO_LARGE');
    assert.equal(error.message, 'more than 300 times its size when inflated');
  });

  it('throws what its source throws', async () => {
    async function* source() {
      yield gzipSync(TEXT).subarray(0, 30);
      throw new RangeError('line cut');
    }
    const error = await rejectionOf(inflate(source()).next());
    assert.ok(error instanceof RangeError);
  });

  it('gives chunks of several mebibytes in turn, which a reader of the whole body keeps for itself', async () => {
    const body = randomBytes(3_500_000);
    async function* source() {
      yield gzipSync(body);
    }
    const { bytes, isCut } = await readBounded(inflate(source()), 10_000_000);
    assert.equal(isCut, false);
    assert.ok(bytes.equals(body));
  });

  it('does not wait for a source that stalls to say what is wrong', async () => {
    const broken = gzipSync(TEXT);
    broken[2] = 0;
    async function* source() {
      yield broken;
      await new Promise(() => {});
    }
    const error = await rejectionOf(inflate(source()).next());
    assert.ok(error instanceof InflateError && error.problem === 'CORRUPT');
  });

  it('ends its source when nobody reads on', async () => {
    for (const body of [TEXT, gzipSync(TEXT)]) {
      const ended = Promise.withResolvers<string>();
      async function* source() {
        try {
          for (;;) yield body;
        } finally {
          ended.resolve('ended');
        }
      }
      for await (const _chunk of inflate(source())) break;
      assert.equal(await ended.promise, 'ended');
    }
  });
});
