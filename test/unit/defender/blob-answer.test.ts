import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  findBlobMd5,
  findBlobOffset,
  findBlobSize,
  findHeader,
  findStrongEtag,
} from '../../../src/defender/blob-answer.ts';

const answer = (statusCode: number, headers: Record<string, string | string[]>) => ({ statusCode, headers });

describe('headers of a blob', () => {
  it('give the MD5 of the whole, which is not that of a part', () => {
    const both = { 'content-md5': 'part', 'x-ms-blob-content-md5': 'whole' };
    assert.equal(findBlobMd5(answer(206, both)), 'whole');
    assert.equal(findBlobMd5(answer(206, { 'content-md5': 'part' })), undefined);
    assert.equal(findBlobMd5(answer(200, { 'content-md5': 'whole' })), 'whole');
    assert.equal(findBlobMd5(answer(200, { 'content-md5': '' })), undefined);
  });

  it('give the size of the whole, where they do', () => {
    const part = { 'content-length': '3', 'content-range': 'bytes 5-7/8' };
    assert.equal(findBlobSize(answer(206, part)), 8);
    assert.equal(findBlobSize(answer(206, { 'content-length': '3', 'content-range': 'bytes 5-7/*' })), null);
    assert.equal(findBlobSize(answer(200, { 'content-length': '8' })), 8);
    assert.equal(findBlobSize(answer(200, { 'content-length': 'many' })), null);
    assert.equal(findBlobSize(answer(200, {})), null);
  });

  it('give the place of the first byte', () => {
    assert.equal(findBlobOffset(answer(200, {})), 0);
    assert.equal(findBlobOffset(answer(206, { 'content-range': 'bytes 5-7/8' })), 5);
    assert.equal(findBlobOffset(answer(206, {})), undefined);
  });

  it('give an ETag that says that bytes are the same, and no other', () => {
    assert.equal(findStrongEtag(answer(200, { etag: '"1"' })), '"1"');
    assert.equal(findStrongEtag(answer(200, { etag: 'W/"1"' })), undefined);
    assert.equal(findStrongEtag(answer(200, { etag: '' })), undefined);
    assert.equal(findHeader(answer(200, { etag: ['"1"', '"2"'] }), 'etag'), '"1"');
  });
});
