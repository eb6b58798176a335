import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRequestId } from '../../../src/http/request-id.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

test('keeps the ids that callers and proxies make', () => {
  for (const id of ['1', '7d444840-9dc0-11d1-b245-5ffdce74fad2', 'Root=1-67891233-abcdef', 'a'.repeat(128)]) {
    assert.equal(toRequestId(id), id);
  }
});

test('replaces ids that are absent, repeated, too long, or could forge a log line', () => {
  for (const id of [undefined, '', ['a', 'b'], 'a'.repeat(129), 'a b', 'a\nb', '"a"', '<a>', 'é']) {
    assert.match(toRequestId(id), UUID, String(id));
  }
});

test('makes a new id each time', () => {
  assert.notEqual(toRequestId(undefined), toRequestId(undefined));
});
