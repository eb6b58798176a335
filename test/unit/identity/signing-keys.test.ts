import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errors } from 'jose';
import { createSigningKeys, KeysUnavailableError } from '../../../src/identity/signing-keys.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { createSigningKey } from '../../support/token-issuer.ts';

const OLD = createSigningKey('old').publicJwk;
const NEW = createSigningKey('new').publicJwk;
const URL = 'https://login.example/keys?secret=1';

type Answer = object | Error | Promise<object>;

/** Keys whose document is what the test says last, with how often it was read. */
function setUp(first: Answer) {
  const clock = createManualClock(1_000_000);
  const log = createRecordingLogger();
  const state = { answer: first, reads: 0 };
  const keys = createSigningKeys({
    url: URL,
    isOwn: (issuer) => issuer === 'ours',
    readKeySet: async () => {
      state.reads += 1;
      const answer = await state.answer;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    clock,
    log,
  });
  const find = (kid: string, alg = 'RS256') => keys.find({ alg, kid }, { payload: '', signature: '' });
  const isKnown = async (kid: string) => {
    try {
      await find(kid);
      return true;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return false;
      throw error;
    }
  };
  return { clock, log, state, keys, isKnown };
}

describe('the keys of an issuer', () => {
  it('are read when they are first needed, once for all who wait', async () => {
    const { state, isKnown } = setUp({ keys: [OLD] });
    assert.equal(state.reads, 0);
    assert.deepEqual(await Promise.all([isKnown('old'), isKnown('old'), isKnown('old')]), [true, true, true]);
    assert.equal(state.reads, 1);
  });

  it('are read at the start when they are warmed, and then not again', async () => {
    const { state, keys, isKnown } = setUp({ keys: [OLD] });
    await keys.warm();
    await keys.warm();
    assert.equal(await isKnown('old'), true);
    assert.equal(state.reads, 1);
  });

  it('are read again for an unknown key id, at most every 30 s', async () => {
    const { clock, state, isKnown } = setUp({ keys: [OLD] });
    await isKnown('old');
    state.answer = { keys: [OLD, NEW] };
    await clock.advance(29_999);
    assert.deepEqual([await isKnown('new'), state.reads], [false, 1]);
    await clock.advance(1);
    assert.deepEqual([await isKnown('new'), state.reads], [true, 2]);
    for (let index = 0; index < 100; index += 1) assert.equal(await isKnown(`forged-${index}`), false);
    assert.equal(state.reads, 2);
  });

  it('are renewed beside the requests when they are ten minutes old, and a withdrawn one is gone', async () => {
    const { clock, state, isKnown } = setUp({ keys: [OLD] });
    await isKnown('old');
    const answer = Promise.withResolvers<object>();
    state.answer = answer.promise;
    await clock.advance(600_000);
    assert.equal(await isKnown('old'), true, 'nobody waits for the renewal');
    assert.equal(state.reads, 2);
    answer.resolve({ keys: [NEW] });
    await clock.advance(30_000);
    assert.deepEqual([await isKnown('old'), await isKnown('new')], [false, true]);
  });

  for (const [what, outage] of [
    ['cannot be reached', new Error('gone')],
    ['publishes no key', { keys: [] }],
    ['publishes something else', { error: 'x' }],
    ['publishes a symmetric key alone', { keys: [{ kty: 'oct', kid: 'old', k: 'AAAA' }] }],
    ['publishes keys of others alone', { keys: [{ ...NEW, issuer: 'theirs' }] }],
  ] as const) {
    it(`stay the last good ones while the issuer ${what}, for as long as that takes`, async () => {
      const { clock, state, log, isKnown } = setUp({ keys: [OLD] });
      await isKnown('old');
      state.answer = outage;
      for (let hours = 0; hours < 48; hours += 1) {
        await clock.advance(3_600_000);
        assert.equal(await isKnown('old'), true);
        assert.equal(await isKnown('new'), false);
      }
      assert.ok(log.lines.some(({ message }) => /the last good ones are used on/.test(message)));
      state.answer = { keys: [{ ...NEW, issuer: 'ours' }] };
      await clock.advance(30_000);
      assert.equal(await isKnown('new'), true);
    });
  }

  it('that were never there refuse with the time of the next try, and are asked for every 5 s at most', async () => {
    const { clock, state, log, isKnown } = setUp(new Error('Bearer eyJhbGciOiJub25lIn0.e30.x'));
    const refused = { constructor: KeysUnavailableError, retryAtMs: 1_005_000 };
    const matches = (error: unknown) =>
      error instanceof KeysUnavailableError && error.retryAtMs === refused.retryAtMs;
    await assert.rejects(isKnown('old'), matches);
    await clock.advance(4_999);
    await assert.rejects(isKnown('old'), matches);
    assert.equal(state.reads, 1);
    state.answer = { keys: [OLD] };
    await clock.advance(1);
    assert.equal(await isKnown('old'), true);
    const [line] = log.lines.filter(({ level }) => level === 'warn');
    assert.match(line?.message ?? '', /check AUTH_AUTHORITY_HOST/);
    assert.doesNotMatch(JSON.stringify(line), /eyJ/);
  });

  it('are the first two hundred, however many are published', async () => {
    const published = Array.from({ length: 1_000 }, (_, index) => ({ ...OLD, kid: `key ${index}` }));
    const { state, isKnown } = setUp({ keys: [{ kty: 'oct', kid: 'none' }, ...published] });
    assert.deepEqual(await Promise.all(['key 0', 'key 199', 'key 200', 'key 999'].map(isKnown)), [
      true,
      true,
      false,
      false,
    ]);
    assert.equal(state.reads, 1);
  });

  it('are no symmetric keys, none to encrypt with, and none without an id', async () => {
    const { isKnown } = setUp({
      keys: [
        null,
        'text',
        { kty: 'oct', kid: 'symmetric', k: 'AAAA' },
        { ...OLD, kid: 'encrypting', use: 'enc' },
        { ...OLD, kid: undefined },
        NEW,
      ],
    });
    assert.deepEqual(await Promise.all(['symmetric', 'encrypting', 'old', 'new'].map(isKnown)), [
      false,
      false,
      false,
      true,
    ]);
  });
});
