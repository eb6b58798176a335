import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { requireFileForm } from '../../../src/defender/file-form.ts';

/** What comes through, or the problem. */
async function pass(...chunks: readonly (string | Buffer)[]): Promise<string> {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk as Buffer);
  }
  const passed: Buffer[] = [];
  try {
    for await (const chunk of requireFileForm(source(), (problem) => new Error(problem))) passed.push(chunk);
  } catch (error) {
    return (error as Error).message;
  }
  return Buffer.concat(passed).equals(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as Buffer))))
    ? 'passed'
    : 'changed';
}

describe('the form of an export file', () => {
  it('is gzip, or JSON text whatever blanks are around it', async () => {
    assert.equal(await pass(gzipSync('')), 'passed');
    assert.equal(await pass(Buffer.from([0x1f]), gzipSync('x').subarray(1)), 'passed');
    assert.equal(await pass('\ufeff', '\r\n ', '{"a":1}\n{"a"', ':2}', '\r\n', ' '), 'passed');
    assert.equal(await pass('[{"a":1}', ']'), 'passed');
    assert.equal(await pass(' \n'), 'passed');
    assert.equal(await pass(), 'passed');
  });

  it('is nothing else', async () => {
    for (const text of ['<html>', 'x', '"a"', '\u0000{}']) {
      assert.equal(await pass('\n', text), 'is neither gzip nor JSON');
    }
  });

  it('is not text that ends inside of a record', async () => {
    assert.equal(await pass('{"a":1}\n{"a":"', '\n'), 'ends inside of a record');
    assert.equal(await pass('{'), 'ends inside of a record');
  });
});
