import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createContentCheck } from '../../../src/defender/content-check.ts';

const md5 = createHash('md5').update('abcdef').digest('base64');

function faultOf(
  stored: { sizeBytes?: number; md5?: string },
  chunks: readonly string[],
  ...rest: Parameters<typeof createContentCheck> extends [unknown, ...infer Rest] ? Rest : never
) {
  const check = createContentCheck({ sizeBytes: null, md5: undefined, ...stored }, ...rest);
  for (const chunk of chunks) check.update(Buffer.from(chunk));
  return check.findFault();
}

describe('content check', () => {
  it('finds nothing wrong with what is whole, or where nothing is known', () => {
    assert.equal(faultOf({ sizeBytes: 6, md5 }, ['abc', '', 'def']), undefined);
    assert.equal(faultOf({}, ['abc']), undefined);
    assert.equal(faultOf({ sizeBytes: 0 }, []), undefined);
  });

  it('finds bytes that are missing, too many, or others', () => {
    assert.equal(faultOf({ sizeBytes: 7, md5 }, ['abcdef']), 'is not whole: 6 bytes came, and it has 7');
    assert.equal(faultOf({ sizeBytes: 5 }, ['abcdef']), 'is not whole: 6 bytes came, and it has 5');
    assert.equal(faultOf({ md5 }, ['abcdeg']), 'came with other bytes than were stored: its MD5 differs');
  });

  it('goes by the number of bytes alone where MD5 is switched off', () => {
    const refuse = () => {
      throw new Error('unsupported');
    };
    assert.equal(faultOf({ sizeBytes: 6, md5 }, ['abcdeg'], refuse), undefined);
    assert.match(String(faultOf({ sizeBytes: 7, md5 }, ['abcdeg'], refuse)), /not whole/);
  });
});
