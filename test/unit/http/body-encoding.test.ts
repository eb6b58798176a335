import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReadableBody } from '../../../src/http/body-encoding.ts';

test('reads UTF-8, named or not, that is not compressed', () => {
  for (const headers of [
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/json;charset="Utf-8"' },
    { 'content-type': 'application/json; charset=UTF8; x=y' },
    { 'content-type': 'application/json; x="charset=utf-16"' },
    { 'content-encoding': '' },
    { 'content-encoding': ' Identity ' },
  ]) {
    assert.equal(isReadableBody(headers), true, JSON.stringify(headers));
  }
});

test('reads no other charset, and nothing compressed', () => {
  for (const headers of [
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json; x=y; Charset="latin1"' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    { 'content-encoding': 'gzip, identity' },
  ]) {
    assert.equal(isReadableBody(headers), false, JSON.stringify(headers));
  }
});

test('leaves a media type that is none to who reads bodies', () => {
  assert.equal(isReadableBody({ 'content-type': 'nonsense; charset=utf-16' }), true);
});
