import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesEntityTag, toEntityTag } from '../../../src/http/etag.ts';

test('tags equal bytes alike and different bytes differently', () => {
  assert.equal(toEntityTag(Buffer.from('a')), toEntityTag(Buffer.from('a')));
  assert.notEqual(toEntityTag(Buffer.from('a')), toEntityTag(Buffer.from('b')));
  assert.match(toEntityTag(Buffer.from('a')), /^"[\w-]{43}"$/);
});

test('matches the tag alone, in a list, weak, and by a star', () => {
  for (const header of ['"x"', 'W/"x"', '"a", "x"', ' "a" , W/"x" ', '*']) {
    assert.equal(matchesEntityTag(header, '"x"'), true, header);
  }
});

test('matches nothing else', () => {
  for (const header of [undefined, '', '"y"', 'x', '"xx"']) {
    assert.equal(matchesEntityTag(header, '"x"'), false, String(header));
  }
});
