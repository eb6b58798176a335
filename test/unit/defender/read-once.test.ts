import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOnce } from '../../../src/defender/read-once.ts';
import { neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';

/** Reads bodies given as texts; `!` breaks the body off. */
async function read(
  bodies: readonly string[],
  options: { restart?: () => boolean } = {},
): Promise<{ text: string; failures: string[] }> {
  const failures: string[] = [];
  let tries = 0;
  async function* open() {
    const body = bodies[tries] ?? '';
    tries += 1;
    yield Buffer.from(body.replace('!', ''));
    if (body.endsWith('!')) throw new Error('broken off');
  }
  let text = '';
  for await (const chunk of readOnce({
    open,
    retries: {
      pause: async (failure) => {
        failures.push((failure as Error).message);
        if (tries >= bodies.length) throw failure;
      },
    },
    signal: neverAborted(),
    restart: options.restart ?? (() => false),
    changed: () => new Error('changed'),
  })) {
    text += chunk.toString();
  }
  return { text, failures };
}

describe('a body read once', () => {
  it('goes on where the last try broke off', async () => {
    assert.deepEqual(await read(['abc!', 'abcd!', 'abcdef']), {
      text: 'abcdef',
      failures: ['broken off', 'broken off'],
    });
  });

  it('notices a body that changed in what was delivered already', async () => {
    assert.equal((await rejectionOf(read(['abc!', 'abXdef']))).message, 'changed');
  });

  it('notices a body that became shorter than what was delivered already', async () => {
    assert.equal((await rejectionOf(read(['abc!', 'ab']))).message, 'changed');
  });

  it('takes a changed body when nothing has come of the first one', async () => {
    assert.deepEqual(await read(['<html>!', '{}'], { restart: () => true }), {
      text: '<html>{}',
      failures: ['broken off'],
    });
  });

  it('gives up with the failure when there are no more tries', async () => {
    assert.equal((await rejectionOf(read(['ab!', 'abc!']))).message, 'broken off');
  });
});
